// PartDescription: what a record says of its part.

internal import NIOCore
internal import Segmenter

/// What a record says of its part: everything but the audio.
struct PartDescription {
    /// Starts are stored in 1/90,000 s since the epoch (design §3).
    static let ticksPerMillisecond: Int64 = 90
    /// No file holds more slots.
    private static let mostSlots: Int64 = 50_000

    let segment: SegmentHeader
    let index: Int
    let samplesBefore: Int64
    let frameLengths: [UInt16]
    let silences: [Range<Int>]
    let title: Title?
    let titleChanges: [Part.TitleChange]
    let flags: PartRecord.Flags

    var completesSegment: Bool { self.flags.contains(.completesSegment) }
    var isOutage: Bool { self.flags.contains(.isOutage) }
    var frameCount: Int { self.frameLengths.count }

    /// Octets of the part as it is served.
    var byteCount: Int { self.frameLengths.reduce(0) { $0 + Int($1) } }

    /// Reads a description whose checksum was right; `nil` when it contradicts itself.
    init?(_ bytes: ByteBuffer, format: AudioFormat) {
        var reader = bytes
        guard let slot = reader.readInteger(endianness: .little, as: Int64.self),
            let ticks = reader.readInteger(endianness: .little, as: Int64.self),
            let firstSample = reader.readInteger(endianness: .little, as: Int64.self),
            let sequence = reader.readInteger(endianness: .little, as: Int64.self),
            let samplesBefore = reader.readInteger(endianness: .little, as: Int64.self), samplesBefore >= 0,
            let index = reader.readInteger(endianness: .little, as: UInt16.self),
            let flags = reader.readInteger(endianness: .little, as: UInt16.self),
            let frameCount = reader.readInteger(endianness: .little, as: UInt32.self),
            let lengths = reader.readFrameLengths(Int(frameCount)),
            let silences = reader.readSilences(frameCount: Int(frameCount)),
            let titles = reader.readTitles()
        else { return nil }
        self.flags = PartRecord.Flags(rawValue: flags)
        self.segment = SegmentHeader(
            slot: slot,
            start: Timestamp(milliseconds: ticks / Self.ticksPerMillisecond),
            firstSample: firstSample,
            format: format,
            isDiscontinuous: self.flags.contains(.isDiscontinuous),
            discontinuitySequence: sequence
        )
        self.index = Int(index)
        self.samplesBefore = samplesBefore
        self.frameLengths = lengths
        self.silences = silences
        self.title = titles.first
        self.titleChanges = titles.changes
    }

    /// Whether the description can be one of a file with this header: a checksum proves only that it was written so.
    func isPlausible(in header: LogHeader) -> Bool {
        let grid = header.grid
        let samplesPerFrame = Int64(header.format.samplesPerFrame)
        let expected = grid.partMilliseconds * Int64(header.format.sampleRate) / 1_000 / samplesPerFrame
        let longest = expected * 2 + 2
        // Any number may stand here: each is bounded before it is counted with.
        guard (header.firstSlot..<header.firstSlot + Self.mostSlots).contains(self.segment.slot),
            self.segment.firstSample.magnitude < LogHeader.largestNumber.magnitude
        else { return false }
        let late = self.segment.start.milliseconds - self.segment.slot * grid.segmentMilliseconds
        return abs(late) <= grid.segmentMilliseconds
            && (0..<grid.partsPerSlot).contains(self.index)
            && (1...longest).contains(Int64(self.frameCount))
            && self.samplesBefore <= longest * Int64(grid.partsPerSlot) * samplesPerFrame
            && self.titleChanges.allSatisfy { $0.frame < self.frameCount }
    }

    /// The part, with its audio as it was stored; `nil` when that has another length than described.
    func part(storedAudio: ByteBuffer) -> Part? {
        var audio = storedAudio
        if self.flags.contains(.isRepeated) {
            guard storedAudio.readableBytes == self.frameLengths.first.map(Int.init) else { return nil }
            audio = ByteBuffer()
            audio.reserveCapacity(self.byteCount)
            for _ in self.frameLengths { audio.writeImmutableBuffer(storedAudio) }
        }
        guard audio.readableBytes == self.byteCount else { return nil }
        return Part(
            slot: self.segment.slot,
            index: self.index,
            samplesBefore: self.samplesBefore,
            bytes: audio,
            frameLengths: self.frameLengths,
            silences: self.silences,
            title: self.title,
            titleChanges: self.titleChanges
        )
    }

    /// The part without its audio, for what does not need any.
    var silentPart: Part {
        Part(
            slot: self.segment.slot,
            index: self.index,
            samplesBefore: self.samplesBefore,
            bytes: ByteBuffer(),
            frameLengths: self.frameLengths,
            silences: self.silences,
            title: self.title,
            titleChanges: self.titleChanges
        )
    }
}

extension ByteBuffer {
    fileprivate mutating func readFrameLengths(_ count: Int) -> [UInt16]? {
        guard let isConstant = self.readInteger(as: UInt8.self), count <= 1 << 20 else { return nil }
        guard count > 0 else { return [] }
        if isConstant == 1 {
            return self.readInteger(endianness: .little, as: UInt16.self).map { Array(repeating: $0, count: count) }
        }
        guard self.readableBytes >= count * 2 else { return nil }
        return (0..<count).compactMap { _ in self.readInteger(endianness: .little, as: UInt16.self) }
    }

    fileprivate mutating func readSilences(frameCount: Int) -> [Range<Int>]? {
        guard let count = self.readInteger(endianness: .little, as: UInt32.self), count <= frameCount else {
            return nil
        }
        var silences: [Range<Int>] = []
        for _ in 0..<count {
            guard let lower = self.readInteger(endianness: .little, as: UInt32.self),
                let upper = self.readInteger(endianness: .little, as: UInt32.self), lower < upper,
                upper <= frameCount, lower >= silences.last?.upperBound ?? 0
            else { return nil }
            silences.append(Int(lower)..<Int(upper))
        }
        return silences
    }

    fileprivate mutating func readTitles() -> (first: Title?, changes: [Part.TitleChange])? {
        guard let hasFirst = self.readInteger(as: UInt8.self),
            let count = self.readInteger(endianness: .little, as: UInt32.self), count <= 1 << 16
        else { return nil }
        var first: Title?
        var changes: [Part.TitleChange] = []
        for place in 0..<count {
            guard let frame = self.readInteger(endianness: .little, as: UInt32.self), let title = self.readTitle()
            else { return nil }
            if place == 0, hasFirst == 1 {
                first = title
            } else {
                changes.append(Part.TitleChange(frame: Int(frame), title: title))
            }
        }
        return (first, changes)
    }
}

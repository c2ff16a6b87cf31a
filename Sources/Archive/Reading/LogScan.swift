// LogScan: a log file read from its beginning to its end.

internal import NIOCore
internal import Segmenter

/// A log file read from its beginning to its end, record by record.
///
/// It finds what is there whatever has become of the file: a damaged record is stepped over by looking for the next one, and
/// what follows the last whole record is a torn tail. Audio is read only where its checksum is asked for.
struct LogScan {
    /// Damage that was found.
    struct Damage: Hashable, Sendable {
        let offset: Int
        let length: Int
        /// Whether nothing whole follows it.
        let isTail: Bool
    }

    private(set) var catalog: FileCatalog
    private(set) var outline = Outline()
    private(set) var damage: [Damage] = []

    private let disk: any Disk
    private let file: Int32
    private let size: Int

    /// What is read of a record at first: nearly always all but its audio.
    private static let window = 1_024
    private static let searchWindow = 256 * 1_024
    /// No disk loses less at a time.
    private static let sector = 512

    /// Scans a file; `nil` when neither it nor `header` tells the format.
    ///
    /// The file's own header counts; `header` and `grid` stand in where it is damaged. Audio is checked from `checkingFrom`
    /// octets on.
    init?(
        _ disk: any Disk,
        _ file: Int32,
        firstSlot: Int64,
        grid: SlotGrid,
        header known: LogHeader? = nil,
        checkingFrom: Int = .max
    ) throws(DiskError) {
        self.disk = disk
        self.file = file
        self.size = try disk.size(of: file)
        var start = Self.octets(disk, file, at: 0, count: min(self.size, LogHeader.longest))
        if let header = LogHeader(&start), header.firstSlot == firstSlot {
            self.catalog = FileCatalog(header: header)
        } else if let known, known.firstSlot == firstSlot {
            self.catalog = FileCatalog(header: known)
            self.damage.append(Damage(offset: 0, length: known.length, isTail: false))
        } else if let (header, offset) = Self.inferHeader(disk, file, size: self.size, firstSlot, grid) {
            // Between the place of the header and the first record nothing is known, so the records begin there.
            self.catalog = FileCatalog(header: header, entries: [], spans: [], end: offset)
            self.damage.append(Damage(offset: 0, length: offset, isTail: false))
        } else {
            return nil
        }
        self.scan(checkingFrom: checkingFrom)
    }

    /// Whether a file that cannot be read is one whose header was being written: it never had a record.
    static func isBegun(_ disk: any Disk, _ file: Int32) throws(DiskError) -> Bool {
        let size = try disk.size(of: file)
        guard size < LogHeader.longest else { return false }
        let bytes = try disk.bytes(file, at: 0, count: size)
        return "\(LogHeader.magic)".utf8.starts(with: bytes.readableBytesView.prefix(8))
            && Self.places(ofMagicIn: bytes).isEmpty
    }

    /// Reads octets; those that the disk does not give are zeros, which are damage like any other.
    private static func octets(_ disk: any Disk, _ file: Int32, at offset: Int, count: Int) -> ByteBuffer {
        if let bytes = try? disk.bytes(file, at: offset, count: count) { return bytes }
        guard count > Self.sector else { return ByteBuffer(repeating: 0, count: count) }
        var bytes = Self.octets(disk, file, at: offset, count: count / 2)
        bytes.writeImmutableBuffer(Self.octets(disk, file, at: offset + count / 2, count: count - count / 2))
        return bytes
    }

    /// Makes up a header from the first whole record: the format is that of its first frame.
    private static func inferHeader(
        _ disk: any Disk,
        _ file: Int32,
        size: Int,
        _ firstSlot: Int64,
        _ grid: SlotGrid
    ) -> (LogHeader, Int)? {
        let bytes = Self.octets(disk, file, at: 0, count: min(size, Self.searchWindow))
        for place in Self.places(ofMagicIn: bytes) {
            guard var reader = bytes.getSlice(at: place, length: bytes.readableBytes - place),
                let head = RecordHead(&reader), let description = reader.readSlice(length: head.descriptionLength),
                head.matches(description), let audio = reader.readSlice(length: head.audioLength),
                Checksum.of(audio) == head.audioChecksum, let format = Self.format(of: audio),
                let known = PartDescription(description, format: format),
                let length = known.frameLengths.first,
                let frame = audio.getSlice(at: audio.readerIndex, length: Int(length)),
                let silence = SilentFrame.matching(Frame(bytes: frame, format: format))
            else { continue }
            let header = LogHeader(
                grid: grid,
                firstSlot: firstSlot,
                first: known.segment,
                silence: ByteBuffer(bytes: silence.bytes.readableBytesView)
            )
            if known.isPlausible(in: header) { return (header, place) }
        }
        return nil
    }

    /// The format of the frames that some audio begins with.
    private static func format(of audio: ByteBuffer) -> AudioFormat? {
        var decoder = FrameDecoder()
        var frames: [Frame] = []
        // Twice: a frame counts when another follows it, and of silence throughout only one is stored.
        for _ in 0..<2 { try? decoder.decode(audio, into: &frames) }
        decoder.finish(into: &frames)
        return frames.first?.format
    }

    private mutating func scan(checkingFrom: Int) {
        var offset = self.catalog.end
        while offset < self.size {
            if let record = self.record(at: offset, checkingAudio: offset >= checkingFrom) {
                self.take(record, at: offset)
                offset += record.head.recordLength
            } else {
                let next = self.nextRecord(after: offset)
                self.damage.append(Damage(offset: offset, length: (next ?? self.size) - offset, isTail: next == nil))
                guard let next else { return }
                offset = next
            }
        }
    }

    private mutating func take(_ record: (head: RecordHead, description: PartDescription), at offset: Int) {
        let description = record.description
        let before = self.catalog.lastSlot
        let known = self.catalog.spans(before).count
        self.catalog.append(description, at: offset, head: record.head)
        for gap in self.catalog.damagedGaps(fromSlot: before, part: known, before: description) {
            self.outline.append(gap)
        }
        let reason: Outline.Reason = description.isOutage ? .server : .source
        self.outline.append(description.silentPart, of: description.segment, reason: reason)
    }

    private func octets(at offset: Int, count: Int) -> ByteBuffer {
        Self.octets(self.disk, self.file, at: offset, count: count)
    }

    /// Reads the record at an offset; `nil` when there is no whole one.
    private func record(
        at offset: Int,
        checkingAudio: Bool
    ) -> (head: RecordHead, description: PartDescription)? {
        var bytes = self.octets(at: offset, count: min(Self.window, self.size - offset))
        guard let head = RecordHead(&bytes), offset + head.recordLength <= self.size else { return nil }
        var description = bytes.readSlice(length: head.descriptionLength)
        if description == nil {
            let start = offset + RecordHead.length
            description = self.octets(at: start, count: head.descriptionLength)
        }
        guard let description, head.matches(description),
            let known = PartDescription(description, format: self.catalog.header.format),
            known.isPlausible(in: self.catalog.header), self.follows(known)
        else { return nil }
        if checkingAudio {
            let start = offset + RecordHead.length + head.descriptionLength
            let audio = self.octets(at: start, count: head.audioLength)
            guard audio.readableBytes == head.audioLength, Checksum.of(audio) == head.audioChecksum else { return nil }
        }
        return (head, known)
    }

    /// Whether a part comes later than those that are there.
    private func follows(_ description: PartDescription) -> Bool {
        let last = self.catalog.lastSlot
        return description.segment.slot > last
            || (description.segment.slot == last && description.index >= self.catalog.spans(last).count)
    }

    /// The offset of the next whole record behind an offset.
    private func nextRecord(after offset: Int) -> Int? {
        var start = offset + 1
        while start + RecordHead.length <= self.size {
            let bytes = self.octets(at: start, count: min(Self.searchWindow, self.size - start))
            for place in Self.places(ofMagicIn: bytes)
            where self.record(at: start + place, checkingAudio: true) != nil {
                return start + place
            }
            guard bytes.readableBytes >= RecordHead.length else { return nil }
            // The windows overlap, so that no magic is cut.
            start += bytes.readableBytes - 3
            if bytes.readableBytes < Self.searchWindow { return nil }
        }
        return nil
    }

    private static func places(ofMagicIn bytes: ByteBuffer) -> [Int] {
        bytes.withUnsafeReadableBytes { memory in
            var places: [Int] = []
            var place = 0
            while place + 4 <= memory.count {
                // `P` begins the magic.
                if memory[place] == 0x50,
                    UInt32(littleEndian: memory.loadUnaligned(fromByteOffset: place, as: UInt32.self))
                        == RecordHead.magic
                {
                    places.append(place)
                }
                place += 1
            }
            return places
        }
    }
}

extension FileCatalog {
    /// The times of the damaged parts between a part that was there and the one that a description is of.
    func damagedGaps(fromSlot slot: Int64, part: Int, before description: PartDescription) -> [Outline.Gap] {
        var gaps: [Outline.Gap] = []
        var slot = max(slot, self.firstSlot)
        var part = part
        while slot <= description.segment.slot {
            let end = slot == description.segment.slot ? description.index : self.grid.partsPerSlot
            while part < end {
                if let gap = self.damagedGap(slot, part) { gaps.append(gap) }
                part += 1
            }
            slot += 1
            part = 0
        }
        return gaps
    }

    /// The time of a part, when it is damaged.
    func damagedGap(_ slot: Int64, _ part: Int) -> Outline.Gap? {
        guard let span = self.audio(slot, part)?.span, span.isDamaged, let header = self.segmentHeader(slot) else {
            return nil
        }
        let frames = self.frames(ofPart: part, slot: slot)
        let samples = Int64(self.header.format.samplesPerFrame)
        return Outline.Gap(
            start: header.time(afterSamples: Int64(frames.lowerBound) * samples),
            end: header.time(afterSamples: Int64(frames.upperBound) * samples),
            reason: .damage
        )
    }
}

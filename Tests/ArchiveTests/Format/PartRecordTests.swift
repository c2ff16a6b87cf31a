// PartRecordTests: a part in a log file, and back.

import NIOCore
import Segmenter
import Testing

@testable import Archive

@Suite struct PartRecordTests {
    private func title(_ text: String, url: String? = nil, at milliseconds: Int64 = 1_790_000_000_000) -> Title {
        Title(time: Timestamp(milliseconds: milliseconds), text: text, url: url)
    }

    private func record(
        _ audio: TestAudio = .aac(spread: 40),
        frames: Int = 45,
        silences: [Range<Int>] = [],
        title: Title? = nil,
        changes: [Part.TitleChange] = [],
        isDiscontinuous: Bool = false,
        completes: Bool = false,
        isOutage: Bool = false
    ) throws -> PartRecord {
        let silence = try #require(SilentFrame.matching(audio.frame(0)))
        let all = (0..<frames).map { number in
            silences.contains { $0.contains(number) } ? silence : audio.frame(number)
        }
        var bytes = ByteBuffer()
        for frame in all { bytes.writeImmutableBuffer(frame.bytes) }
        let header = SegmentHeader(
            slot: 310_763_888,
            start: Timestamp(milliseconds: 310_763_888 * 5_760 + 17),
            firstSample: 85_919_999_856_144,
            format: audio.format,
            isDiscontinuous: isDiscontinuous,
            discontinuitySequence: 310_000_001
        )
        let part = Part(
            slot: header.slot,
            index: 3,
            samplesBefore: 3 * 45 * Int64(audio.format.samplesPerFrame),
            bytes: bytes,
            frameLengths: all.map { UInt16($0.bytes.readableBytes) },
            silences: silences,
            title: title,
            titleChanges: changes
        )
        return PartRecord(segment: header, part: part, completesSegment: completes, isOutage: isOutage)
    }

    /// The head of a record, and its description.
    private func split(_ record: PartRecord) throws -> (head: RecordHead, description: ByteBuffer) {
        let (bytes, audio) = record.encoded()
        var reader = bytes
        let head = RecordHead(&reader)
        let known = try #require(head)
        #expect(known.recordLength == bytes.readableBytes + audio.readableBytes)
        #expect(known.descriptionLength == reader.readableBytes)
        return (known, ByteBuffer(bytes: reader.readableBytesView))
    }

    /// Reads what was encoded as a reader of the file does.
    private func read(_ record: PartRecord) throws -> (head: RecordHead, description: PartDescription, part: Part) {
        let audio = record.encoded().audio
        let (head, description) = try self.split(record)
        #expect(head.matches(description))
        #expect(head.audioChecksum == Checksum.of(audio))
        let known = try #require(PartDescription(description, format: record.segment.format))
        return (head, known, try #require(known.part(storedAudio: audio)))
    }

    private func expectRoundTrip(_ record: PartRecord, _ location: SourceLocation = #_sourceLocation) throws {
        let (_, known, part) = try self.read(record)
        #expect(part.isSame(as: record.part), sourceLocation: location)
        #expect(known.segment == record.segment, sourceLocation: location)
        #expect(known.completesSegment == record.completesSegment, sourceLocation: location)
        #expect(known.isOutage == record.isOutage, sourceLocation: location)
        #expect(known.frameCount == part.frameCount && known.byteCount == part.bytes.readableBytes)
        let silent = known.silentPart
        #expect(silent.frameLengths == part.frameLengths && silent.silences == part.silences)
        #expect(silent.title == part.title && silent.titleChanges == part.titleChanges)
    }

    @Test("flags, media time and frames of any length come back as they were")
    func roundTrip() throws {
        for flag in 0..<8 {
            let record = try self.record(
                flag & 1 == 0 ? .aac(spread: 40) : .mp3(rate: 44_100),
                isDiscontinuous: flag & 1 != 0,
                completes: flag & 2 != 0,
                isOutage: flag & 4 != 0
            )
            try self.expectRoundTrip(record)
        }
        try self.expectRoundTrip(self.record(.aac(spread: 4_000), frames: 1))
    }

    @Test("titles come back: none, one, one of 5,000 octets with an address, many, and one only behind the beginning")
    func titles() throws {
        try self.expectRoundTrip(self.record())
        try self.expectRoundTrip(self.record(title: self.title("")))
        try self.expectRoundTrip(self.record(title: self.title("Ελλάς – \u{1F3B6}", url: "")))
        let long = self.title(String(repeating: "é", count: 2_500), url: String(repeating: "u", count: 5_000))
        try self.expectRoundTrip(self.record(title: long))
        let changes = (1..<45).map { Part.TitleChange(frame: $0, title: self.title("Title \($0)", at: Int64($0) * 21)) }
        try self.expectRoundTrip(self.record(title: long, changes: changes))
        try self.expectRoundTrip(self.record(changes: Array(changes.suffix(2))))
    }

    @Test("silences come back, wherever they lie")
    func silences() throws {
        for silences in [[0..<1], [44..<45], [0..<10, 11..<12, 40..<45], [3..<7]] {
            try self.expectRoundTrip(self.record(silences: silences))
        }
    }

    @Test("silence throughout is stored as one frame, however long the part is")
    func repeatedSilence() throws {
        let record = try self.record(silences: [0..<45], title: self.title("still on"))
        #expect(record.encoded().audio.readableBytes == record.part.bytes.readableBytes / 45)
        try self.expectRoundTrip(record)
        try self.expectRoundTrip(self.record(frames: 1, silences: [0..<1]))
    }

    @Test("frames that are alike but came from a source are stored one by one, as are silent ones that differ")
    func onlySilenceIsRepeated() throws {
        let record = try self.record(silences: [0..<45])
        let part = record.part
        let heard = Part(
            slot: part.slot,
            index: part.index,
            samplesBefore: part.samplesBefore,
            bytes: part.bytes,
            frameLengths: part.frameLengths
        )
        var bytes = part.bytes
        bytes.setInteger(UInt8(0x55), at: bytes.writerIndex - 1)
        let other = Part(
            slot: part.slot,
            index: part.index,
            samplesBefore: part.samplesBefore,
            bytes: bytes,
            frameLengths: part.frameLengths,
            silences: [0..<45]
        )
        for part in [heard, other] {
            let stored = PartRecord(segment: record.segment, part: part, completesSegment: false)
            #expect(stored.encoded().audio == part.bytes)
            try self.expectRoundTrip(stored)
        }
    }

    @Test("audio of another length than described gives no part")
    func wrongAudio() throws {
        for record in [try self.record(), try self.record(silences: [0..<45])] {
            let (_, known, _) = try self.read(record)
            let audio = record.encoded().audio
            #expect(known.part(storedAudio: ByteBuffer()) == nil)
            #expect(known.part(storedAudio: audio.getSlice(at: 0, length: audio.readableBytes - 1) ?? audio) == nil)
            var longer = audio
            longer.writeInteger(UInt8(0))
            #expect(known.part(storedAudio: longer) == nil)
        }
    }

    @Test("a head or description with any bit flipped is told from the true one")
    func flippedBits() throws {
        let (bytes, _) = try self.record(frames: 3, title: self.title("a title")).encoded()
        for bit in 0..<bytes.readableBytes * 8 {
            var reader = bytes.flipping(bit)
            guard let head = RecordHead(&reader), let description = reader.readSlice(length: head.descriptionLength)
            else { continue }
            #expect(!head.matches(description))
        }
    }

    @Test("a description without its end is none, though its checksum should fit")
    func truncatedDescription() throws {
        let changes = [Part.TitleChange(frame: 2, title: self.title("second", url: "https://example.org"))]
        let record = try self.record(frames: 4, silences: [1..<2], title: self.title("first"), changes: changes)
        let whole = try self.split(record).description
        for length in 0..<whole.readableBytes {
            let cut = try #require(whole.getSlice(at: whole.readerIndex, length: length))
            #expect(PartDescription(cut, format: record.segment.format) == nil)
        }
    }

    @Test("a description that contradicts its file is no record of it, whatever numbers are in it")
    func implausible() throws {
        let record = try self.record(frames: 4)
        let whole = try self.split(record).description
        let silence = try #require(SilentFrame.matching(TestAudio.aac().frame(0)))
        let log = LogHeader(
            grid: .standard,
            first: record.segment,
            created: .init(milliseconds: 0),
            silence: silence.bytes
        )
        let known = try #require(PartDescription(whole, format: record.segment.format))
        #expect(known.isPlausible(in: log))
        // Slot, start, first sample and samples before the part.
        for place in [0, 8, 16, 32] {
            for value in [Int64.min, .min + 1, -1, .max, .max - 1, 1 << 51] {
                var bytes = whole
                bytes.setInteger(value, at: place, endianness: .little)
                let changed = PartDescription(bytes, format: record.segment.format)
                // One sample before the epoch is odd, not impossible.
                #expect(changed?.isPlausible(in: log) != true || (place == 16 && value == -1))
            }
        }
    }
}

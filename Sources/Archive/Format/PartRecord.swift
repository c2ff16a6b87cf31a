// PartRecord: one part in a log file.

package import NIOCore
package import Segmenter

/// One part in a log file: a head of 20 octets, what there is to know of the part, then its audio.
///
/// Head, all 32 bits little-endian: magic, length of the description, length of the audio, CRC-32C of the audio, CRC-32C of the
/// head so far and the description. The audio of a part that is one silent frame over and over is that frame once.
package struct PartRecord: Sendable {
    /// What a record says of its part, beside the audio.
    struct Flags: OptionSet {
        let rawValue: UInt16
        static let completesSegment = Flags(rawValue: 1)
        static let isDiscontinuous = Flags(rawValue: 2)
        /// The audio is one frame, repeated.
        static let isRepeated = Flags(rawValue: 4)
        /// The silence is of a time when the server was not running.
        static let isOutage = Flags(rawValue: 8)
    }

    package let segment: SegmentHeader
    package let part: Part
    package let completesSegment: Bool
    /// Whether its silence is of a time when the server was not running.
    package let isOutage: Bool

    package init(segment: SegmentHeader, part: Part, completesSegment: Bool, isOutage: Bool = false) {
        self.segment = segment
        self.part = part
        self.completesSegment = completesSegment
        self.isOutage = isOutage
    }

    package init(_ publication: Publication, isOutage: Bool = false) {
        self.init(
            segment: publication.segment,
            part: publication.part,
            completesSegment: publication.completesSegment,
            isOutage: isOutage
        )
    }

    /// The audio as it is stored.
    var storedAudio: ByteBuffer {
        guard self.isRepeated, let length = self.part.frameLengths.first else { return self.part.bytes }
        return self.part.bytes.getSlice(at: self.part.bytes.readerIndex, length: Int(length)) ?? self.part.bytes
    }

    /// Whether the part is one silent frame over and over.
    private var isRepeated: Bool {
        guard let length = self.part.frameLengths.first.map(Int.init), self.part.frameCount > 1,
            self.part.silences == [0..<self.part.frameCount],
            self.part.frameLengths.allSatisfy({ Int($0) == length })
        else { return false }
        return self.part.bytes.withUnsafeReadableBytes { $0.dropLast(length).elementsEqual($0.dropFirst(length)) }
    }

    /// The record without its audio, and the audio, to be written one behind the other.
    package func encoded() -> (head: ByteBuffer, audio: ByteBuffer) {
        let audio = self.storedAudio
        let description = self.description(isRepeated: audio.readableBytes != self.part.bytes.readableBytes)
        var head = ByteBuffer()
        head.reserveCapacity(RecordHead.length + description.readableBytes)
        head.writeInteger(RecordHead.magic, endianness: .little)
        head.writeInteger(UInt32(description.readableBytes), endianness: .little)
        head.writeInteger(UInt32(audio.readableBytes), endianness: .little)
        head.writeInteger(Checksum.of(audio), endianness: .little)
        let checksum = Checksum.of(description, continuing: Checksum.of(head))
        head.writeInteger(checksum, endianness: .little)
        head.writeImmutableBuffer(description)
        return (head, audio)
    }

    private func description(isRepeated: Bool) -> ByteBuffer {
        var flags: Flags = []
        if self.completesSegment { flags.insert(.completesSegment) }
        if self.segment.isDiscontinuous { flags.insert(.isDiscontinuous) }
        if isRepeated { flags.insert(.isRepeated) }
        if self.isOutage { flags.insert(.isOutage) }
        var bytes = ByteBuffer()
        bytes.writeInteger(self.segment.slot, endianness: .little)
        bytes.writeInteger(self.segment.start.milliseconds * PartDescription.ticksPerMillisecond, endianness: .little)
        bytes.writeInteger(self.segment.firstSample, endianness: .little)
        bytes.writeInteger(self.segment.discontinuitySequence, endianness: .little)
        bytes.writeInteger(self.part.samplesBefore, endianness: .little)
        bytes.writeInteger(UInt16(clamping: self.part.index), endianness: .little)
        bytes.writeInteger(flags.rawValue, endianness: .little)
        bytes.writeInteger(UInt32(self.part.frameCount), endianness: .little)
        self.writeFrameLengths(to: &bytes)
        bytes.writeInteger(UInt32(self.part.silences.count), endianness: .little)
        for silence in self.part.silences {
            bytes.writeInteger(UInt32(silence.lowerBound), endianness: .little)
            bytes.writeInteger(UInt32(silence.upperBound), endianness: .little)
        }
        let titles = (self.part.title.map { [(0, $0)] } ?? []) + self.part.titleChanges.map { ($0.frame, $0.title) }
        bytes.writeInteger(UInt8(self.part.title == nil ? 0 : 1))
        bytes.writeInteger(UInt32(titles.count), endianness: .little)
        for (frame, title) in titles {
            bytes.writeInteger(UInt32(frame), endianness: .little)
            bytes.writeTitle(title)
        }
        return bytes
    }

    /// One length where all frames are equally long, which most are.
    private func writeFrameLengths(to bytes: inout ByteBuffer) {
        let lengths = self.part.frameLengths
        let isConstant = lengths.allSatisfy { $0 == lengths.first }
        bytes.writeInteger(UInt8(isConstant ? 1 : 0))
        for length in isConstant ? lengths.prefix(1) : lengths[...] { bytes.writeInteger(length, endianness: .little) }
    }
}

extension ByteBuffer {
    /// Writes a title: time, then text and URL with their lengths.
    mutating func writeTitle(_ title: Title) {
        self.writeInteger(title.time.milliseconds, endianness: .little)
        self.writeInteger(UInt32(title.text.utf8.count), endianness: .little)
        self.writeString(title.text)
        self.writeInteger(UInt8(title.url == nil ? 0 : 1))
        guard let url = title.url else { return }
        self.writeInteger(UInt32(url.utf8.count), endianness: .little)
        self.writeString(url)
    }

    /// Reads a title, `nil` when there is none.
    mutating func readTitle() -> Title? {
        guard let time = self.readInteger(endianness: .little, as: Int64.self), let text = self.readText(),
            let hasURL = self.readInteger(as: UInt8.self)
        else { return nil }
        guard hasURL == 1 else { return Title(time: Timestamp(milliseconds: time), text: text) }
        return self.readText().map { Title(time: Timestamp(milliseconds: time), text: text, url: $0) }
    }

    private mutating func readText() -> String? {
        self.readInteger(endianness: .little, as: UInt32.self).flatMap { self.readString(length: Int($0)) }
    }
}

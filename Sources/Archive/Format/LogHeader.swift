// LogHeader: how a log file begins.

package import NIOCore
package import Segmenter

/// How a log file begins: the grid, and the one format that all its audio has.
///
/// 60 octets, then the silent frame of the run (with its length, 32 bits), then the CRC-32C of all that. All integers of the log
/// are little-endian.
package struct LogHeader: Hashable, Sendable {
    package static let magic: StaticString = "SMSEGLOG"
    package static let version: UInt16 = 1
    private static let fixedLength = 60
    /// Slots, sequences and sample counts beyond this are no times that anyone will live to see.
    static let largestNumber: Int64 = 1 << 50
    /// No frame of any codec is longer.
    private static let longestSilence = 65_536
    /// More than the sample rates and samples per frame of any codec: times can be counted with what lies inside.
    private static let rates: ClosedRange<Int32> = 1_000...384_000
    private static let frameLengths: ClosedRange<Int32> = 1...16_384
    /// The most octets that a header takes.
    static let longest = Self.fixedLength + 8 + Self.longestSilence

    package let grid: SlotGrid
    package let format: AudioFormat
    package let firstSlot: Int64
    package let discontinuitySequence: Int64
    /// Whether the first segment carries a discontinuity.
    package let isDiscontinuous: Bool
    package let created: Timestamp
    /// One frame of silence in the run's format.
    package let silence: ByteBuffer

    package init(grid: SlotGrid, first segment: SegmentHeader, created: Timestamp, silence: ByteBuffer) {
        self.grid = grid
        self.format = segment.format
        self.firstSlot = segment.slot
        self.discontinuitySequence = segment.discontinuitySequence
        self.isDiscontinuous = segment.isDiscontinuous
        self.created = created
        self.silence = silence
    }

    /// Makes up a header for audio whose own is damaged.
    init(grid: SlotGrid, firstSlot: Int64, first segment: SegmentHeader, silence: ByteBuffer) {
        self.grid = grid
        self.format = segment.format
        self.firstSlot = firstSlot
        self.discontinuitySequence = segment.discontinuitySequence
        self.isDiscontinuous = segment.slot == firstSlot && segment.isDiscontinuous
        self.created = grid.edge(ofSlot: firstSlot)
        self.silence = silence
    }

    package var silentFrame: Frame { Frame(bytes: self.silence, format: self.format) }

    package func encoded() -> ByteBuffer {
        var bytes = ByteBuffer()
        bytes.writeStaticString(Self.magic)
        bytes.writeInteger(Self.version, endianness: .little)
        bytes.writeInteger(UInt16(self.isDiscontinuous ? 1 : 0), endianness: .little)
        bytes.writeInteger(UInt32(self.grid.segmentMilliseconds), endianness: .little)
        bytes.writeInteger(UInt32(self.grid.partMilliseconds), endianness: .little)
        bytes.writeInteger(self.format.codec.rawValue)
        bytes.writeInteger(self.format.profile)
        bytes.writeInteger(self.format.channels)
        bytes.writeInteger(UInt8(0))
        bytes.writeInteger(self.format.sampleRate, endianness: .little)
        bytes.writeInteger(self.format.samplesPerFrame, endianness: .little)
        bytes.writeInteger(self.firstSlot, endianness: .little)
        bytes.writeInteger(self.discontinuitySequence, endianness: .little)
        bytes.writeInteger(self.created.milliseconds, endianness: .little)
        bytes.writeInteger(UInt32(self.silence.readableBytes), endianness: .little)
        bytes.writeImmutableBuffer(self.silence)
        bytes.writeInteger(Checksum.of(bytes), endianness: .little)
        return bytes
    }

    /// Reads the header at the reader's place and moves behind it; `nil` when it is none, or damaged.
    package init?(_ bytes: inout ByteBuffer) {
        var reader = bytes
        guard reader.readString(length: 8) == "\(Self.magic)",
            reader.readInteger(endianness: .little, as: UInt16.self) == Self.version,
            let flags = reader.readInteger(endianness: .little, as: UInt16.self),
            let segment = reader.readInteger(endianness: .little, as: UInt32.self),
            let part = reader.readInteger(endianness: .little, as: UInt32.self),
            let grid = SlotGrid(segmentMilliseconds: Int64(segment), partMilliseconds: Int64(part)),
            let codec = reader.readInteger(as: UInt8.self).flatMap(AudioFormat.Codec.init(rawValue:)),
            let profile = reader.readInteger(as: UInt8.self), let channels = reader.readInteger(as: UInt8.self),
            reader.readInteger(as: UInt8.self) != nil,
            let rate = reader.readInteger(endianness: .little, as: Int32.self), Self.rates.contains(rate),
            let samples = reader.readInteger(endianness: .little, as: Int32.self), Self.frameLengths.contains(samples),
            let slot = reader.readInteger(endianness: .little, as: Int64.self),
            (0..<Self.largestNumber / 65_536).contains(slot),
            let sequence = reader.readInteger(endianness: .little, as: Int64.self),
            sequence.magnitude < Self.largestNumber.magnitude,
            let created = reader.readInteger(endianness: .little, as: Int64.self),
            let length = reader.readInteger(endianness: .little, as: UInt32.self), length <= Self.longestSilence,
            let silence = reader.readSlice(length: Int(length)), length > 0,
            let whole = bytes.getSlice(at: bytes.readerIndex, length: reader.readerIndex - bytes.readerIndex),
            reader.readInteger(endianness: .little, as: UInt32.self) == Checksum.of(whole)
        else { return nil }
        self.grid = grid
        self.format = AudioFormat(
            codec: codec,
            profile: profile,
            channels: channels,
            sampleRate: rate,
            samplesPerFrame: samples
        )
        self.firstSlot = slot
        self.discontinuitySequence = sequence
        self.isDiscontinuous = flags & 1 != 0
        self.created = Timestamp(milliseconds: created)
        // A copy, so that a frame does not keep what was read with it in memory.
        self.silence = ByteBuffer(bytes: silence.readableBytesView)
        bytes = reader
    }

    /// The length of the encoded header.
    package var length: Int { Self.fixedLength + self.silence.readableBytes + 4 }
}

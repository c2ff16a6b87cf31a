// LogHeaderTests: how a log file begins.

import NIOCore
import Segmenter
import Testing

@testable import Archive

@Suite struct LogHeaderTests {
    static func header(
        _ audio: TestAudio = .aac(),
        slot: Int64 = 310_763_888,
        sequence: Int64 = 310_000_000,
        isDiscontinuous: Bool = false
    ) throws -> LogHeader {
        let segment = SegmentHeader(
            slot: slot,
            start: Timestamp(milliseconds: slot &* 5_760 + 3),
            firstSample: 85_919_999_856_144,
            format: audio.format,
            isDiscontinuous: isDiscontinuous,
            discontinuitySequence: sequence
        )
        let silence = try #require(SilentFrame.matching(audio.frame(0)))
        return LogHeader(
            grid: .standard,
            first: segment,
            created: Timestamp(milliseconds: 1_790_000_000_123),
            silence: silence.bytes
        )
    }

    @Test("a header is read as it was written, and the reader stands behind it")
    func roundTrip() throws {
        let formats = [
            TestAudio.aac(), .aac(rate: 22_050, blocks: 4), try .mp3(rate: 44_100), try .mp3(rate: 22_050),
        ]
        for audio in formats {
            for isDiscontinuous in [true, false] {
                let header = try Self.header(audio, isDiscontinuous: isDiscontinuous)
                var bytes = header.encoded()
                #expect(bytes.readableBytes == header.length)
                bytes.writeString("next")
                #expect(LogHeader(&bytes) == header)
                #expect(String(buffer: bytes) == "next")
                #expect(header.silentFrame.format == audio.format)
            }
        }
    }

    @Test("slots and sequences that no clock will reach are refused", arguments: [1 << 40, -1, Int64.min, Int64.max])
    func impossibleSlots(slot: Int64) throws {
        var bytes = try Self.header(slot: slot).encoded()
        #expect(LogHeader(&bytes) == nil)
    }

    @Test("a sequence beyond all times is refused", arguments: [1 << 50, -(1 << 50), Int64.min, Int64.max])
    func impossibleSequences(sequence: Int64) throws {
        var bytes = try Self.header(sequence: sequence).encoded()
        #expect(LogHeader(&bytes) == nil)
    }

    @Test("a sequence before zero, as slots before 1970 would give, is none to refuse")
    func negativeSequence() throws {
        var bytes = try Self.header(sequence: -5).encoded()
        #expect(LogHeader(&bytes)?.discontinuitySequence == -5)
    }

    @Test("a header without its end, or with any bit flipped, is none, and the reader stays where it was")
    func damage() throws {
        let whole = try Self.header().encoded()
        for length in 0..<whole.readableBytes {
            var bytes = try #require(whole.getSlice(at: 0, length: length))
            #expect(LogHeader(&bytes) == nil)
            #expect(bytes.readableBytes == length)
        }
        for bit in 0..<whole.readableBytes * 8 {
            var bytes = whole.flipping(bit)
            #expect(LogHeader(&bytes) == nil)
        }
    }

    @Test("rates and frame lengths that no codec has are refused though the checksum fits")
    func impossibleFormats() throws {
        let formats: [(rate: Int32, samples: Int32)] = [
            (0, 1_024), (-48_000, 1_024), (.max, 1_024), (48_000, 0), (48_000, -1), (48_000, .max),
        ]
        for (rate, samples) in formats {
            let header = try Self.header()
            var bytes = header.encoded()
            bytes.setInteger(rate, at: 24, endianness: .little)
            bytes.setInteger(samples, at: 28, endianness: .little)
            bytes.seal()
            #expect(LogHeader(&bytes) == nil)
        }
    }
}

extension ByteBuffer {
    /// A copy with one bit changed, counted from the reader index.
    func flipping(_ bit: Int) -> ByteBuffer {
        var bytes = self
        let place = bytes.readerIndex + bit / 8
        let octet = bytes.getInteger(at: place, as: UInt8.self) ?? 0
        bytes.setInteger(octet ^ 1 << UInt8(bit % 8), at: place)
        return bytes
    }

    /// Puts the right checksum into the last four octets.
    mutating func seal() {
        let checksum = self.getSlice(at: self.readerIndex, length: self.readableBytes - 4).map { Checksum.of($0) } ?? 0
        self.setInteger(checksum, at: self.writerIndex - 4, endianness: .little)
    }
}

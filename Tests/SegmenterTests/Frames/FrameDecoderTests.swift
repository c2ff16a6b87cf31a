// FrameDecoderTests: real encoders' bytes, whole and in every slicing, against ffprobe.

import NIOCore
import Testing

@testable import Segmenter

struct FrameDecoderTests {
    /// A packet as ffprobe reports it.
    private struct Packet {
        let seconds: Double
        let length: Int
    }

    private func packets(_ fixture: FrameFixture) throws -> [Packet] {
        let outcome = try MediaTool.run(
            "ffprobe",
            ["-v", "error", "-show_packets", "-show_entries", "packet=duration_time,size", "-of", "csv=p=0"]
                + [fixture.path]
        )
        #expect(outcome.isClean)
        return String(decoding: outcome.output, as: UTF8.self).split(separator: "\n").compactMap { line in
            let fields = line.split(separator: ",")
            guard fields.count >= 2, let seconds = Double(fields[0]), let length = Int(fields[1]) else { return nil }
            return Packet(seconds: seconds, length: length)
        }
    }

    @Test("frames and samples are those that ffprobe finds", arguments: FrameFixture.allCases)
    func agreesWithFFprobe(_ fixture: FrameFixture) throws {
        let cut = FrameCut(try fixture.bytes())
        let packets = try self.packets(fixture)
        #expect(cut.error == nil)
        #expect(cut.junkBytes == 0)
        #expect(cut.frames.map(\.bytes.readableBytes) == packets.map(\.length))
        let samples = cut.frames.reduce(0) { $0 + Int($1.format.samplesPerFrame) }
        let rate = Double(try #require(cut.frames.first).format.sampleRate)
        #expect(samples == packets.reduce(0) { $0 + Int(($1.seconds * rate).rounded()) })
    }

    @Test(
        "the format is read from the frames",
        arguments: [
            (.vbr44100, .mp3, 0b1101, 2, 44_100, 1_152), (.mpeg2Mono22050, .mp3, 0b1001, 1, 22_050, 576),
            (.mpeg25Stereo11025, .mp3, 0b0001, 2, 11_025, 576), (.layer2, .mp3, 0b1110, 2, 48_000, 1_152),
            (.aacStereo44100, .aac, 2, 2, 44_100, 1_024), (.aacMono48000, .aac, 2, 1, 48_000, 1_024),
            (.aacSurround48000, .aac, 2, 6, 48_000, 1_024),
        ] as [(FrameFixture, AudioFormat.Codec, UInt8, UInt8, Int32, Int32)]
    )
    func formats(
        _ fixture: FrameFixture,
        codec: AudioFormat.Codec,
        profile: UInt8,
        channels: UInt8,
        rate: Int32,
        samples: Int32
    ) throws {
        let format = AudioFormat(
            codec: codec,
            profile: profile,
            channels: channels,
            sampleRate: rate,
            samplesPerFrame: samples
        )
        #expect(Set(FrameCut(try fixture.bytes()).frames.map(\.format)) == [format])
    }

    @Test("any slicing gives the same frames", arguments: FrameFixture.allCases)
    func slicing(_ fixture: FrameFixture) throws {
        let bytes = try fixture.bytes()
        let whole = FrameCut(bytes)
        var numbers = SeededNumbers(seed: 1)
        for most in [1, 7, 100, 1_460, 20_000] {
            let sliced = FrameCut(bytes) { Int.random(in: 1...most, using: &numbers) }
            #expect(sliced.frames == whole.frames)
            #expect(sliced.tagsSkipped == whole.tagsSkipped)
            #expect(sliced.junkBytes == 0)
            #expect(sliced.mostBuffered <= 8_191 + ADTSHeader.fixedLength)
        }
    }

    @Test("a frame of a running stream is given out with its last byte, the first one with the next header")
    func latency() throws {
        let bytes = try FrameFixture.cbr44100.bytes()
        let lengths = FrameCut(bytes).frames.map(\.bytes.readableBytes)
        var decoder = FrameDecoder()
        var frames: [Frame] = []
        try decoder.decode(ByteBuffer(bytes: bytes[..<(lengths[0] + 3)]), into: &frames)
        #expect(frames.isEmpty)
        try decoder.decode(ByteBuffer(bytes: [bytes[lengths[0] + 3]]), into: &frames)
        #expect(frames.count == 1)
        var position = lengths[0] + 4
        for (index, length) in lengths.enumerated().dropFirst() {
            let end = lengths[..<index].reduce(length, +)
            try decoder.decode(ByteBuffer(bytes: bytes[position..<end - 1]), into: &frames)
            #expect(frames.count == index)
            try decoder.decode(ByteBuffer(bytes: [bytes[end - 1]]), into: &frames)
            #expect(frames.count == index + 1)
            #expect(decoder.bufferedBytes == 0)
            position = end
        }
    }

    @Test("a stream joined anywhere begins with the first whole frame", arguments: FrameFixture.allCases)
    func joinedAnywhere(_ fixture: FrameFixture) throws {
        let bytes = FrameCut(try fixture.bytes()).bytes
        let stream = Array(bytes.joined())
        var numbers = SeededNumbers(seed: 2)
        for _ in 0..<8 {
            let start = Int.random(in: 1..<stream.count / 2, using: &numbers)
            var index = 0
            var position = 0
            while position < start {
                position += bytes[index].count
                index += 1
            }
            let cut = FrameCut(Array(stream[start...])) { Int.random(in: 1...3_000, using: &numbers) }
            #expect(cut.bytes == Array(bytes[index...]))
            #expect(cut.junkBytes == position - start)
        }
    }

    @Test("an ADTS frame with CRC or several raw data blocks keeps all its bytes")
    func adtsVariants() throws {
        var numbers = SeededNumbers(seed: 3)
        for (protection, blocks) in [(0, 0), (1, 3), (0, 3)] as [(UInt64, UInt64)] {
            let frames = (0..<5).map { _ in
                let word = 0xFF_F050_8000_1FFC | protection << 40 | 100 << 13 | blocks
                return (0..<7).map { UInt8(truncatingIfNeeded: word >> (48 - 8 * $0)) } + numbers.bytes(93)
            }
            let cut = FrameCut(Array(frames.joined()))
            #expect(cut.bytes == frames)
            #expect(cut.frames.allSatisfy { $0.format.samplesPerFrame == 1_024 * Int32(blocks + 1) })
        }
    }
}

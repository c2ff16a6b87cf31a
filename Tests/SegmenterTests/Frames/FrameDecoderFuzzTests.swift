// FrameDecoderFuzzTests: hostile bytes never trap, never pile up, and never give what is no frame.

import NIOCore
import Testing

@testable import Segmenter

struct FrameDecoderFuzzTests {
    /// Pieces that lead a parser astray.
    private static let baits: [[UInt8]] = [
        [0xFF], [0xFF, 0xFB], [0xFF, 0xFB, 0x90, 0x44], [0xFF, 0xFB, 0x00, 0x44], [0xFF, 0xFF, 0xFF, 0xFF],
        [0xFF, 0xF1, 0x50, 0x80, 0x22, 0x3F], [0xFF, 0xF1, 0x50, 0x80, 0x01, 0x1F, 0xFC],
        [0xFF, 0xF1, 0x50, 0x83, 0xFF, 0xFF, 0xFC], Array("ID3".utf8), Array("ID3".utf8) + [3, 0, 0, 0, 0, 1, 5],
        Array("ID3".utf8) + [4, 0, 0x10, 0x7F, 0x7F, 0x7F, 1], Array("TAG".utf8),
        Array("TAG".utf8) + [UInt8](repeating: 0x20, count: 125), Array("Xing".utf8),
        [UInt8](repeating: 0, count: 64), [UInt8](repeating: 0xFF, count: 64),
    ]

    private func mutate(_ bytes: [UInt8], _ numbers: inout SeededNumbers) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...8, using: &numbers) {
            let place = Int.random(in: 0..<bytes.count, using: &numbers)
            let end = min(bytes.count, place + Int.random(in: 1...40, using: &numbers))
            switch Int.random(in: 0..<5, using: &numbers) {
            case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &numbers)
            case 1: bytes.replaceSubrange(place..<end, with: Self.baits.randomElement(using: &numbers) ?? [])
            case 2: bytes.insert(contentsOf: Self.baits.randomElement(using: &numbers) ?? [], at: place)
            case 3 where end - place < bytes.count: bytes.removeSubrange(place..<end)
            default: bytes.insert(contentsOf: numbers.bytes(20), at: place)
            }
        }
        return bytes
    }

    /// Whether the frames are pieces of the stream, in order, and each as long as its header says.
    private func areFrames(_ frames: [[UInt8]], of stream: [UInt8]) -> Bool {
        var rest = stream[...]
        for frame in frames {
            let header = ByteBuffer(bytes: frame.prefix(7))
            guard frame.count == MPEGAudioHeader(header)?.frameLength ?? ADTSHeader(header)?.frameLength else {
                return false
            }
            while !rest.starts(with: frame) {
                guard rest.popFirst() != nil else { return false }
            }
            rest = rest.dropFirst(frame.count)
        }
        return true
    }

    @Test("20,000 mutated streams, in random slices, give the frames that they give whole", arguments: 0..<4)
    func mutatedStreams(_ seed: Int) throws {
        let sources = try FrameFixture.allCases.map { try $0.bytes() }
        var numbers = SeededNumbers(seed: UInt64(100 + seed))
        var frames = 0
        for round in 0..<5_000 {
            let source = sources[round % sources.count]
            let start = Int.random(in: 0..<source.count - 650, using: &numbers)
            let stream = self.mutate(Array(source[start..<start + 650]), &numbers)
            let whole = FrameCut(stream)
            let most = [30, 120, 500].randomElement(using: &numbers) ?? 1
            let sliced = FrameCut(stream) { Int.random(in: 1...most, using: &numbers) }
            frames += whole.frames.count
            // How much of the bytes that made it fail a decoder had counted before is nobody's concern.
            guard sliced.frames == whole.frames, sliced.error == whole.error, sliced.tagsSkipped == whole.tagsSkipped,
                sliced.junkBytes == whole.junkBytes || whole.error != nil,
                sliced.mostBuffered <= 8_191 + ADTSHeader.fixedLength,
                round % 32 > 0 || self.areFrames(whole.bytes, of: stream)
            else {
                Issue.record("seed \(seed), round \(round), slices of up to \(most): \(stream)")
                return
            }
        }
        #expect(frames > 2_000)
    }
}

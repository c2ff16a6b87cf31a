// PartTests: frames found in a part's bytes, and silence told from audio.

import NIOCore
import Testing

@testable import Segmenter

@Suite struct PartTests {
    private func part(_ lengths: [UInt16], silences: [Range<Int>] = []) -> Part {
        let size = lengths.reduce(0) { $0 + Int($1) }
        return Part(
            slot: 1,
            index: 0,
            samplesBefore: 0,
            bytes: ByteBuffer(repeating: 7, count: size),
            frameLengths: lengths,
            silences: silences
        )
    }

    @Test("a frame's offset is the sum of the lengths before it, up to the end of the part")
    func offsets() {
        let part = self.part([3, 500, 1, 8_191])
        #expect((0...4).map { part.byteOffset(ofFrame: $0) } == [0, 3, 503, 504, 8_695])
        #expect(part.frameCount == 4)
        #expect(part.byteOffset(ofFrame: 4) == part.bytes.readableBytes)
    }

    @Test(
        "the first audible frame is the first at or after a place that no silence covers",
        arguments: [
            (silences: [], from: 0, found: 0), ([], 9, 9), ([], 10, nil), ([0..<10], 0, nil), ([0..<4], 0, 4),
            ([0..<4], 3, 4), ([0..<4], 4, 4), ([2..<5], 0, 0), ([2..<5], 2, 5), ([2..<4, 4..<10], 2, nil),
            ([0..<1, 3..<4], 0, 1), ([0..<1, 3..<4], 3, 4), ([0..<3, 5..<10], 5, nil),
        ] as [(silences: [Range<Int>], from: Int, found: Int?)]
    )
    func audible(silences: [Range<Int>], from: Int, found: Int?) {
        let part = self.part(Array(repeating: 4, count: 10), silences: silences)
        #expect(part.firstAudibleFrame(from: from) == found)
    }
}

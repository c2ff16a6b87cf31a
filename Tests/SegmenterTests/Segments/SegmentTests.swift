// SegmentTests: the parts of one slot, counted.

import NIOCore
import Testing

@testable import Segmenter

@Suite struct SegmentTests {
    private func part(_ index: Int, frames: Int, after samples: Int64, isSilent: Bool = false) -> Part {
        Part(
            slot: 7,
            index: index,
            samplesBefore: samples,
            bytes: ByteBuffer(repeating: 1, count: frames * 10),
            frameLengths: Array(repeating: 10, count: frames),
            silences: isSilent ? [0..<frames] : []
        )
    }

    @Test("a segment grows by parts until its last, and counts samples and bytes")
    func grows() {
        let header = SegmentHeader(
            slot: 7,
            start: Timestamp(milliseconds: 40_320),
            firstSample: 1_935_360,
            format: TestAudio.format(rate: 48_000),
            isDiscontinuous: false,
            discontinuitySequence: 3
        )
        var segment = Segment(header: header)
        #expect(segment.sampleCount == 0 && segment.byteCount == 0 && segment.isSilent && !segment.isComplete)
        segment.append(self.part(0, frames: 45, after: 0, isSilent: true), isLast: false)
        #expect(segment.sampleCount == 46_080 && segment.byteCount == 450 && segment.isSilent && !segment.isComplete)
        segment.append(self.part(1, frames: 46, after: 46_080), isLast: true)
        #expect(segment.sampleCount == 93_184 && segment.byteCount == 910 && !segment.isSilent && segment.isComplete)
        #expect(header.time(afterSamples: 46_080).milliseconds == 41_280)
        #expect(header.time(afterSamples: 47).milliseconds == 40_320)
    }
}

// SegmentSummaryTests: a segment without its audio says what the segment would.

import NIOCore
import Testing

@testable import Segmenter

@Suite struct SegmentSummaryTests {
    private static let segments: [Segment] = {
        var simulation = Simulation(rate: 44_100)
        simulation.play(seconds: 20)
        simulation.idle(seconds: 14)
        simulation.timeline.beginSource()
        simulation.play(seconds: 3)
        simulation.idle(seconds: 5)
        simulation.timeline.beginSource()
        simulation.play(seconds: 20)
        return Segments.all(simulation.published)
    }()

    @Test("its counts are the segment's")
    func counts() {
        for segment in Self.segments {
            let summary = segment.summary
            let isSilent = segment.parts.flatMap { TestAudio.numbers(of: $0).map { $0 == nil } }
            #expect(summary.header == segment.header && summary.slot == segment.slot)
            #expect(summary.byteCount == segment.parts.reduce(0) { $0 + $1.bytes.readableBytes })
            #expect(summary.frameCount == isSilent.count)
            #expect(summary.leadingSilence == isSilent.prefix { $0 }.count)
            #expect(summary.isInterrupted == isSilent.drop { $0 }.contains(true))
            #expect(summary.isSilent == segment.isSilent && summary.isComplete == segment.isComplete)
            #expect(summary.end == segment.header.time(afterSamples: segment.sampleCount))
        }
        #expect(Self.segments.contains { $0.summary.isInterrupted && !$0.isSilent })
        #expect(Self.segments.contains { $0.isSilent })
    }

    @Test("the first audible time is that of the first frame from a source")
    func firstAudibleTime() {
        for segment in Self.segments {
            let place = segment.firstAudibleFrame(from: 0)
            let time = place.map { segment.header.time(afterSamples: Int64($0) * 1_024) }
            #expect(segment.summary.firstAudibleTime == time)
        }
    }

    @Test("a place of a frame is the part that holds it, for every frame")
    func places() {
        for segment in Self.segments {
            var number = 0
            for part in segment.parts {
                for frame in 0..<part.frameCount {
                    let place = segment.summary.place(ofFrame: number, in: .standard)
                    #expect(place.cursor == StreamCursor(slot: segment.slot, part: part.index, frame: frame))
                    #expect(place.time == segment.header.time(afterSamples: Int64(number) * 1_024))
                    number += 1
                }
            }
        }
    }

    @Test("the first frame not before a moment, exactly at its time, just before and just behind it")
    func firstFrame() throws {
        let segment = try #require(Self.segments.first { !$0.isSilent })
        let summary = segment.summary
        let start = summary.header.start
        #expect(summary.firstFrame(notBefore: start) == 0)
        #expect(summary.firstFrame(notBefore: start.advanced(byMilliseconds: -100_000)) == 0)
        for late in Int64(1)..<2_000 {
            let frame = summary.firstFrame(notBefore: start.advanced(byMilliseconds: late))
            // Frame n begins n * 1,024 / 44,100 seconds after the first.
            #expect(Int64(frame) * 1_024 * 1_000 >= late * 44_100)
            #expect(Int64(frame - 1) * 1_024 * 1_000 < late * 44_100)
        }
        #expect(summary.firstFrame(notBefore: summary.end.advanced(byMilliseconds: 1)) >= summary.frameCount)
    }

    @Test("an empty segment is silent, has no audible time and ends where it starts")
    func empty() throws {
        let header = try #require(Self.segments.first?.header)
        let summary = Segment(header: header).summary
        #expect(summary.isSilent && summary.firstAudibleTime == nil && !summary.isComplete)
        #expect(summary.end == header.start && summary.frameCount == 0 && summary.byteCount == 0)
    }
}

// SilentRunTests: outages that are computed, beside the timeline that goes on behind them.

import NIOCore
import Segmenter
import Testing

@Suite struct SilentRunTests {
    private static let rates: [Int32] = [44_100, 48_000, 32_000, 22_050]

    /// Frames of both codecs at the rates that stations use.
    private static var frames: [Frame] {
        let mp3: [(Int32, [UInt8], Int)] = [
            (44_100, [0xFF, 0xFB, 0x10, 0], 104), (48_000, [0xFF, 0xFB, 0x14, 0], 96),
            (32_000, [0xFF, 0xFB, 0x18, 0], 144), (22_050, [0xFF, 0xF3, 0x10, 0xC0], 26),
        ]
        return Self.rates.map { TestAudio.aac(0, rate: $0) }
            + mp3.compactMap { _, header, length in
                let bytes = ByteBuffer(bytes: header + Array(repeating: 0, count: length - 4))
                return MPEGAudioHeader(bytes).map { Frame(bytes: bytes, format: $0.format) }
            }
    }

    /// A timeline that has played for a while, and what it published last.
    private func played(_ frame: Frame) throws -> (timeline: Timeline, published: [Publication], now: Int64) {
        var timeline = Timeline(grid: .standard)
        var now: Int64 = 1_790_000_000_000_000
        var published: [Publication] = []
        let length = Int64(frame.format.samplesPerFrame) * 1_000_000 / Int64(frame.format.sampleRate)
        while published.count < 40 {
            now += 4 * length + 2
            published += timeline.receive(Array(repeating: frame, count: 4), at: now)
        }
        return (timeline, published, now)
    }

    private func newest(of published: [Publication]) throws -> Segment {
        let slot = try #require(published.last).segment.slot
        let parts = published.filter { $0.segment.slot == slot }
        var segment = Segment(header: try #require(parts.first).segment)
        for part in parts { segment.append(part.part, isLast: part.completesSegment) }
        return segment
    }

    @Test(
        "in an outage of a day samples chain, starts keep to the clock, parts lie on it, and the timeline goes on there"
    )
    func outage() throws {
        for frame in Self.frames {
            let (_, before, now) = try self.played(frame)
            let end = try #require(Continuation(after: try self.newest(of: before)))
            var timeline = Timeline(grid: .standard, continuing: end)
            let output = timeline.resume(at: now + 86_400 * 1_000_000)
            // The open slot is closed with silence, and published.
            let closed = try self.newest(of: before + output)
            #expect(closed.isComplete)
            let silence = try #require(closed.silence)
            let first = closed.header.following(samples: closed.sampleCount)
            let run = SilentRun(first: first, silence: silence, grid: .standard)
            let position = try #require(timeline.position)
            let next = SlotGrid.standard.slot(at: Timestamp(milliseconds: position / 1_000))
            let expected = run.header(ofSlot: next)
            #expect(expected.start.milliseconds * 1_000 == position)
            self.expectChain(run, from: first, to: next)
            // What the timeline publishes then begins with the run's next header.
            var later: [Publication] = []
            var time = now + 86_400 * 1_000_000
            while later.isEmpty {
                time += 100_000
                later += timeline.advance(to: time)
            }
            #expect(later.first?.segment == expected)
            let meets = SilentRun(first: first, silence: silence, grid: .standard, next: expected)
            for slot in [first.slot, first.slot + 7, next - 1] {
                #expect(meets.summary(ofSlot: slot) == run.summary(ofSlot: slot))
            }
        }
    }

    private func expectChain(_ run: SilentRun, from first: SegmentHeader, to end: Int64) {
        let format = first.format
        let rate = Int64(format.sampleRate)
        var samples: Int64 = 0
        for slot in first.slot..<end {
            let summary = run.summary(ofSlot: slot)
            let header = summary.header
            #expect(header.firstSample == first.firstSample + samples)
            let exact = first.start.milliseconds * 1_000 + samples * 1_000_000 / rate
            #expect(abs(header.start.milliseconds * 1_000 - exact) <= 1_000)
            let late = header.start.millisecondsSince(SlotGrid.standard.edge(ofSlot: slot))
            #expect((0...Int64(format.samplesPerFrame) * 1_000 / rate + 1).contains(late))
            samples += summary.sampleCount
            guard slot % 97 == 0 || slot < first.slot + 3 else { continue }
            let segment = run.segment(slot)
            #expect(segment.summary == summary && segment.isSilent && segment.isComplete)
            for part in segment.parts {
                let begin = header.time(afterSamples: part.samplesBefore)
                let edge = SlotGrid.standard.edge(ofSlot: slot, part: part.index)
                // Rule 9: the first frame at or after the edge.
                let length = Int64(format.samplesPerFrame) * 1_000 / rate + 1
                #expect((-1...length).contains(begin.millisecondsSince(edge)) || part.index == 0)
                #expect(part.bytes.readableBytes == part.frameCount * run.silence.bytes.readableBytes)
            }
        }
        #expect(run.header(ofSlot: end).firstSample == first.firstSample + samples)
    }

    @Test(
        "where lost audio was steered, times and samples meet at both ends",
        arguments: [-300, -1, 1, 300] as [Int64]
    )
    func steered(milliseconds: Int64) throws {
        for frame in Self.frames {
            let silence = try #require(SilentFrame.matching(frame))
            let rate = Int64(frame.format.sampleRate)
            let first = SegmentHeader(
                slot: 310_000_000,
                start: SlotGrid.standard.edge(ofSlot: 310_000_000).advanced(byMilliseconds: 4),
                firstSample: 1_000_000,
                format: frame.format,
                isDiscontinuous: false,
                discontinuitySequence: 9
            )
            // The audio of an hour, and a segment behind it whose start was moved by so much against the count.
            let slot = first.slot + 625
            let frames = (3_600_000 - 4 - milliseconds) * rate / (1_000 * Int64(frame.format.samplesPerFrame)) + 1
            let samples = frames * Int64(frame.format.samplesPerFrame)
            let next = SegmentHeader(
                slot: slot,
                start: first.start.advanced(byMilliseconds: samples * 1_000 / rate + milliseconds),
                firstSample: first.firstSample + samples,
                format: frame.format,
                isDiscontinuous: false,
                discontinuitySequence: 9
            )
            let run = SilentRun(first: first, silence: silence, grid: .standard, next: next)
            var last: SegmentSummary?
            for slot in first.slot..<slot {
                let summary = run.summary(ofSlot: slot)
                if let last {
                    #expect(summary.header.firstSample == last.header.firstSample + last.sampleCount)
                    #expect(abs(summary.header.start.millisecondsSince(last.end)) <= 3)
                }
                last = summary
            }
            let end = try #require(last)
            #expect(end.header.firstSample + end.sampleCount == next.firstSample)
            #expect(abs(next.start.millisecondsSince(end.end)) <= 3)
        }
    }

    @Test("the closed form puts the frames of every part where the builder put them, under drift, for every segment")
    func closedForm() throws {
        for frame in Self.frames {
            var timeline = Timeline(grid: .standard)
            var published: [Publication] = []
            let begin: Int64 = 1_790_000_000_000_000
            let length = Double(frame.format.samplesPerFrame) * 1_000_000 / Double(frame.format.sampleRate)
            var sent = 0
            var now = Double(begin)
            while sent < 1_200_000_000 / Int(length) {
                sent += 16
                // The encoder's clock wanders between 200 ppm fast and 200 ppm slow.
                let drift = (sent / 4_000).isMultiple(of: 2) ? 1.0002 : 0.9998
                now += 16 * length * drift
                published += timeline.receive(Array(repeating: frame, count: 16), at: Int64(now))
            }
            var wrong = 0
            for publication in published {
                let header = publication.segment
                let part = publication.part
                let first = header.firstFrame(ofPart: part.index, in: .standard)
                let samplesPerFrame = Int64(frame.format.samplesPerFrame)
                if Int64(first) * samplesPerFrame != part.samplesBefore { wrong += 1 }
                let next = header.firstFrame(ofPart: part.index + 1, in: .standard)
                if !publication.completesSegment, next - first != part.frameCount { wrong += 1 }
                let summary = SegmentSummary(header: header, sampleCount: 0, byteCount: 0, leadingSilence: 0)
                let place = summary.place(ofFrame: first + part.frameCount - 1, in: .standard)
                if place.cursor != StreamCursor(slot: part.slot, part: part.index, frame: part.frameCount - 1) {
                    wrong += 1
                }
            }
            #expect(wrong == 0 && published.count > 1_200)
            #expect(Set(published.map { $0.segment.start.milliseconds % 5_760 }).count > 3)
        }
    }
}

// TimelineResumeTests: a timeline that goes on where a store ends.

import NIOCore
import Testing

@testable import Segmenter

@Suite struct TimelineResumeTests {
    /// A timeline that was killed before its last parts were stored, and one that goes on `away` seconds later.
    private func restarted(
        playing: Double = 20,
        losing: Int = 0,
        away: Double,
        rate: Int32 = 48_000
    ) throws -> (before: [Publication], after: Simulation) {
        var old = Simulation(rate: rate)
        old.play(seconds: playing)
        let before = Array(old.published.dropLast(losing))
        let segment = try #require(Segments.last(of: before))
        let end = try #require(Continuation(after: segment))
        var new = Simulation(rate: rate, at: old.now + Int64(away * 1_000_000))
        new.timeline = Timeline(grid: .standard, continuing: end)
        new.published = new.timeline.resume(at: new.now)
        return (before, new)
    }

    /// Checks that parts follow each other as one server would have published them, but for whole slots left out.
    private func expectOneRun(_ published: [Publication]) {
        for (part, next) in zip(published, published.dropFirst()) {
            let samples = part.part.samplesBefore + Int64(part.part.frameCount) * 1_024
            if part.completesSegment {
                #expect(next.part.index == 0 && next.segment.slot > part.segment.slot)
            } else {
                #expect(next.part.index == part.part.index + 1 && next.segment.slot == part.segment.slot)
                #expect(next.part.samplesBefore == samples)
            }
            if next.segment.slot <= part.segment.slot + 1 {
                #expect(next.segment.firstSample + next.part.samplesBefore == part.segment.firstSample + samples)
            }
            #expect(!next.segment.isDiscontinuous)
            #expect(next.segment.discontinuitySequence == part.segment.discontinuitySequence)
        }
    }

    @Test("after a short outage the slot goes on with silence, wherever it was cut", arguments: 0..<12)
    func short(lost: Int) throws {
        var (before, after) = try self.restarted(losing: lost, away: 2)
        #expect(after.published.isEmpty)
        after.play(seconds: 15)
        self.expectOneRun(before + after.published)
        #expect(after.heard == Array(0..<after.heard.count) && after.heard.count > 500)
        let places = after.places
        let first = try #require(places[0])
        let end = try #require(before.last)
        #expect(first > end.segment.start.milliseconds * 1_000)
        let silences = after.published.prefix { $0.part.firstAudibleFrame() == nil }.count
        #expect(silences >= 1)
    }

    @Test("an outage of 18 seconds is laid as silence throughout, a longer one is left to be computed")
    func longOutage() throws {
        let (_, short) = try self.restarted(away: 15)
        #expect(short.published.isEmpty)
        var (before, long) = try self.restarted(away: 3_600)
        let open = try #require(before.last?.segment.slot)
        #expect(long.published.allSatisfy { $0.segment.slot == open })
        #expect(long.published.last?.completesSegment == true)
        let resumed = long.now
        let slot = SlotGrid.standard.slot(at: Timestamp(milliseconds: resumed / 1_000))
        long.idle(seconds: 1)
        long.play(seconds: 20)
        self.expectOneRun(before + long.published)
        let slots = Set(long.published.map(\.segment.slot))
        #expect(slots.subtracting([open]).min() == slot - 4)
        let new = long.published.first { $0.segment.slot == slot - 4 }
        #expect(new?.part.index == 0)
        #expect(long.heard == Array(0..<long.heard.count))
        let first = try #require(long.places[0])
        #expect(abs(first - resumed - 1_000_000) < 200_000)
    }

    @Test(
        "what is left out is exactly what is computed: samples and times go on behind it",
        arguments: [48_000, 44_100]
    )
    func computed(rate: Int32) throws {
        var (before, after) = try self.restarted(away: 86_400, rate: rate)
        after.idle(seconds: 2)
        let open = try #require(before.last?.segment.slot)
        let closed = try #require(Segments.all(before + after.published).first { $0.slot == open })
        try #require(closed.isComplete)
        let new = try #require(after.published.first { $0.segment.slot > open }?.segment)
        let run = SilentRun(
            first: closed.header.following(samples: closed.sampleCount),
            silence: try #require(closed.silence),
            grid: .standard
        )
        #expect(run.header(ofSlot: new.slot) == new)
        let last = run.summary(ofSlot: new.slot - 1)
        #expect(last.header.firstSample + last.sampleCount == new.firstSample)
        #expect(abs(last.end.millisecondsSince(new.start)) <= 1)
    }

    @Test("cut exactly at a slot's edge, nothing of the next slot is laid twice", arguments: [2.0, 600.0])
    func atAnEdge(away: Double) throws {
        var old = Simulation()
        old.play(seconds: 20)
        let cut = try #require(old.published.lastIndex { $0.completesSegment })
        var (before, after) = try self.restarted(losing: old.published.count - cut - 1, away: away)
        after.idle(seconds: 1)
        after.play(seconds: 12)
        self.expectOneRun(before + after.published)
        #expect(before.last?.completesSegment == true)
        if away > 18 { #expect(after.published.allSatisfy { $0.segment.slot > before[cut].segment.slot + 1 }) }
    }

    @Test("a clock that is behind the stored audio waits: nothing stored is dated again")
    func clockBehind() throws {
        var (before, after) = try self.restarted(away: -8)
        #expect(after.published.isEmpty)
        let end = try #require(after.timeline.position)
        after.play(seconds: 20)
        self.expectOneRun(before + after.published)
        #expect(after.places.values.allSatisfy { $0 >= end - 22_000 })
    }

    @Test("the title in force goes on")
    func title() throws {
        var old = Simulation()
        old.play(seconds: 8)
        old.timeline.announce(Title(time: Timestamp(milliseconds: 0), text: "On air"))
        old.play(seconds: 8)
        let segment = try #require(Segments.last(of: old.published))
        let end = try #require(Continuation(after: segment))
        for away in [3, 300] as [Int64] {
            var new = Simulation(at: old.now + away * 1_000_000)
            new.timeline = Timeline(grid: .standard, continuing: end)
            new.published = new.timeline.resume(at: new.now)
            new.idle(seconds: 10)
            #expect(!new.published.isEmpty)
            #expect(new.published.allSatisfy { $0.part.title?.text == "On air" && $0.part.titleChanges.isEmpty })
        }
    }

    @Test("another codec stays refused after a restart, and another rate is a discontinuity")
    func otherFormat() throws {
        var (before, after) = try self.restarted(away: 2)
        #expect(after.timeline.receive([TestAudio.mp3(0)], at: after.now).isEmpty)
        #expect(after.timeline.refusal?.contains("MP3") == true)
        after.timeline.beginSource()
        for chunk in 0..<120 {
            after.now += 4 * 23_220
            let frames = (0..<4).map { TestAudio.aac(chunk * 4 + $0, rate: 44_100) }
            after.published += after.timeline.receive(frames, at: after.now)
        }
        let change = try #require(after.published.first { $0.segment.format.sampleRate == 44_100 })
        #expect(change.segment.isDiscontinuous && change.part.index == 0)
        #expect(change.segment.discontinuitySequence == before[0].segment.discontinuitySequence + 1)
    }
}

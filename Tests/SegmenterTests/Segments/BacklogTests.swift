// BacklogTests: when a delivery at connect has come down to real time, and when its first frame began.

import NIOCore
import Testing

@testable import Segmenter

@Suite struct BacklogTests {
    private static let start: Int64 = 1_790_000_000_000_000
    private static let frameLength: Int64 = 21_333

    private func frames(_ count: Int) -> [Frame] {
        Array(repeating: TestAudio.aac(0), count: count)
    }

    @Test("a source in real time from the first byte on is settled after a tenth of a second")
    func realTime() {
        var backlog = Backlog(at: Self.start)
        var now = Self.start
        backlog.append(self.frames(1), at: now)
        var outcome = backlog.outcome(at: now)
        while outcome == .collecting, now < Self.start + 2_000_000 {
            now += Self.frameLength
            backlog.append(self.frames(1), at: now)
            outcome = backlog.outcome(at: now)
        }
        #expect(outcome == .settled)
        #expect((100_000...130_000).contains(now - Self.start))
        #expect(backlog.firstFrameTime == Self.start - Self.frameLength)
    }

    @Test("a burst is collected until delivery slows down, and its first frame is dated back by all of it")
    func burst() {
        var backlog = Backlog(at: Self.start)
        // Ten times real time for 0.4 s, then real time.
        for step in 0..<40 {
            let now = Self.start + Int64(step) * 10_000
            backlog.append(self.frames(5), at: now)
            #expect(backlog.outcome(at: now) == .collecting)
        }
        var now = Self.start + 400_000
        var outcome = Backlog.Outcome.collecting
        while outcome == .collecting, now < Self.start + 2_000_000 {
            now += Self.frameLength
            backlog.append(self.frames(1), at: now)
            outcome = backlog.outcome(at: now)
        }
        #expect(outcome == .settled)
        #expect(now - Self.start < 800_000)
        let received = Int64(backlog.frames.count) * Self.frameLength
        #expect(abs(backlog.firstFrameTime - (now - received)) < 2 * Self.frameLength)
    }

    @Test("collecting ends after a second at the latest, whatever is delivered")
    func longest() {
        var backlog = Backlog(at: Self.start)
        backlog.append(self.frames(1), at: Self.start)
        #expect(backlog.outcome(at: Self.start) == .collecting)
        for step in 1..<10 {
            let now = Self.start + Int64(step) * 100_000
            backlog.append(self.frames(10), at: now)
            #expect(backlog.outcome(at: now) == .collecting)
        }
        backlog.append(self.frames(10), at: Self.start + 1_000_000)
        #expect(backlog.outcome(at: Self.start + 1_000_000) == .settled)
    }

    @Test("a late delivery does not move the first frame: the least delayed one dates all")
    func leastDelay() {
        var backlog = Backlog(at: Self.start)
        backlog.append(self.frames(2), at: Self.start)
        let first = backlog.firstFrameTime
        backlog.append(self.frames(1), at: Self.start + 500_000)
        #expect(backlog.firstFrameTime == first)
        backlog.append(self.frames(30), at: Self.start + 500_000)
        #expect(backlog.firstFrameTime == Self.start + 500_000 - 33 * Self.frameLength)
    }

    @Test("half a minute of audio at once is a flood")
    func flood() {
        var backlog = Backlog(at: Self.start)
        backlog.append(self.frames(1_406), at: Self.start)
        #expect(backlog.outcome(at: Self.start) == .collecting)
        backlog.append(self.frames(1), at: Self.start)
        #expect(backlog.outcome(at: Self.start) == .flooded)
    }

    @Test("silence after a burst settles it")
    func quiet() {
        var backlog = Backlog(at: Self.start)
        backlog.append(self.frames(100), at: Self.start)
        #expect(backlog.outcome(at: Self.start + 100_000) == .collecting)
        backlog.append([], at: Self.start + 200_000)
        #expect(backlog.outcome(at: Self.start + 200_000) == .settled)
        #expect(backlog.firstFrameTime == Self.start - 100 * Self.frameLength)
    }
}

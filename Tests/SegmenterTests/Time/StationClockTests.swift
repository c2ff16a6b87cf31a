// StationClockTests: UTC that never runs backwards.

import Segmenter
import Testing

@Suite struct StationClockTests {
    private static let start: Int64 = 1_790_000_000_000_000

    private func reading(after microseconds: Int64, wallOffset: Int64 = 0) -> StationClock.Reading {
        StationClock.Reading(
            monotonicNanoseconds: 5_000_000_123 + microseconds * 1_000,
            wallMicroseconds: Self.start + microseconds + wallOffset
        )
    }

    @Test("a wall clock set back an hour is followed by at most 500 ppm and never by a step")
    func backwards() {
        var clock = StationClock(at: self.reading(after: 0))
        var last = Self.start
        for second in 1...600 {
            let now = clock.microseconds(
                at: self.reading(after: Int64(second) * 1_000_000, wallOffset: -3_600_000_000),
                hasSources: second % 2 == 0
            )
            #expect(now - last >= 999_500 && now - last <= 1_000_000)
            last = now
        }
        #expect(clock.error < -3_599_000_000)
    }

    @Test("forward it steps at once without sources, and slews with them up to a minute")
    func forwards() {
        var idle = StationClock(at: self.reading(after: 0))
        let ahead = self.reading(after: 1_000_000, wallOffset: 20_000_000)
        #expect(idle.microseconds(at: ahead, hasSources: false) == Self.start + 21_000_000)
        var busy = StationClock(at: self.reading(after: 0))
        #expect(busy.microseconds(at: ahead, hasSources: true) == Self.start + 1_000_500)
        let farAhead = self.reading(after: 2_000_000, wallOffset: 61_000_000)
        #expect(busy.microseconds(at: farAhead, hasSources: true) == Self.start + 63_000_000)
    }

    @Test("it starts behind the newest stored audio")
    func storedAudio() {
        let stored = Timestamp(milliseconds: Self.start / 1_000 + 30_000)
        var clock = StationClock(at: self.reading(after: 0), notBefore: stored)
        #expect(clock.microseconds(at: self.reading(after: 0), hasSources: false) == stored.milliseconds * 1_000)
        #expect(clock.error == -30_000_000)
    }

    @Test("readings closer than a microsecond lose no time")
    func manyReadings() {
        var clock = StationClock(at: StationClock.Reading(monotonicNanoseconds: 0, wallMicroseconds: 0))
        var last: Int64 = 0
        for step in 1...10_000 {
            let reading = StationClock.Reading(
                monotonicNanoseconds: Int64(step) * 700,
                wallMicroseconds: Int64(step) * 7 / 10
            )
            last = clock.microseconds(at: reading, hasSources: true)
        }
        #expect(last == 7_000)
    }
}

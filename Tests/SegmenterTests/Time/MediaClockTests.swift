// MediaClockTests: the least delay decides, corrections are small, steps are rare.

import Segmenter
import Testing

@Suite struct MediaClockTests {
    @Test("the error is the least delay of the last 30 seconds, not a mean")
    func leastDelay() {
        var clock = MediaClock()
        for second in 0..<20 { clock.observe(delay: second == 7 ? 2_000 : 90_000, at: Int64(second) * 1_000_000) }
        #expect(clock.error == 2_000)
        #expect(clock.correction == 2_000)
        for second in 20...37 { clock.observe(delay: 90_000, at: Int64(second) * 1_000_000) }
        #expect(clock.error == 90_000)
        #expect(clock.correction == MediaClock.largestCorrection)
    }

    @Test("a shift of media time counts against all delays seen before it")
    func shifts() {
        var clock = MediaClock()
        clock.observe(delay: 10_000, at: 0)
        clock.shift(by: 3_000)
        #expect(clock.error == 7_000)
        clock.observe(delay: -20_000, at: 1_000_000)
        #expect(clock.correction == -MediaClock.largestCorrection)
    }

    @Test("only an error above a second for ten seconds is stepped over")
    func steps() {
        var clock = MediaClock()
        for second in 0..<10 {
            clock.observe(delay: 1_500_000, at: Int64(second) * 1_000_000)
            #expect(clock.step(at: Int64(second) * 1_000_000) == nil)
        }
        clock.observe(delay: 1_500_000, at: 10_000_000)
        #expect(clock.step(at: 10_000_000) == 1_500_000)
        clock.observe(delay: 900_000, at: 11_000_000)
        #expect(clock.step(at: 30_000_000) == nil)
    }

    @Test("after a pause in reading, delays from before it are forgotten")
    func forgets() {
        var clock = MediaClock()
        clock.observe(delay: -400_000, at: 0)
        clock.forget()
        #expect(clock.error == 0)
    }
}

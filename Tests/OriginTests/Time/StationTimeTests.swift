// StationTimeTests: the station clock, and the sources that keep it from stepping.

import Segmenter
import Synchronization
import Testing

@testable import Origin

@Suite struct StationTimeTests {
    /// Clocks that are moved apart.
    private final class Clocks: Sendable {
        private let readings = Mutex<(monotonic: Int64, wall: Int64)>((0, 1_795_000_000_000_000))

        func move(monotonic: Int64, wall: Int64) {
            self.readings.withLock { $0 = ($0.monotonic + monotonic, $0.wall + wall) }
        }

        func read() -> StationClock.Reading {
            self.readings.withLock {
                StationClock.Reading(monotonicNanoseconds: $0.monotonic * 1_000, wallMicroseconds: $0.wall)
            }
        }
    }

    @Test("without a source a wall clock set forward is followed at once, with one it is slewed")
    func steps() {
        let clocks = Clocks()
        let time = StationTime { clocks.read() }
        let start = time.microseconds
        clocks.move(monotonic: 1_000_000, wall: 11_000_000)
        #expect(time.microseconds == start + 11_000_000)
        time.sourceConnected()
        clocks.move(monotonic: 1_000_000, wall: 11_000_000)
        let slewed = time.microseconds - start
        #expect((12_000_000...12_000_500).contains(slewed))
        #expect(time.error > 9_000_000)
        time.sourceConnected()
        time.sourceDisconnected()
        clocks.move(monotonic: 0, wall: 0)
        #expect(time.microseconds - start == slewed)
        time.sourceDisconnected()
        #expect(time.microseconds == start + 22_000_000)
        #expect(time.error == 0)
    }

    @Test("the time never runs backwards, whatever the wall clock does")
    func neverBackwards() {
        let clocks = Clocks()
        let time = StationTime { clocks.read() }
        var last = time.microseconds
        for (monotonic, wall) in [(1_000, -3_600_000_000), (1, 1), (0, 0), (1_000_000, -5), (10, 7_200_000_000)] {
            clocks.move(monotonic: Int64(monotonic), wall: Int64(wall))
            let now = time.microseconds
            #expect(now >= last)
            #expect(time.now.milliseconds == time.microseconds / 1_000)
            last = now
        }
    }
}

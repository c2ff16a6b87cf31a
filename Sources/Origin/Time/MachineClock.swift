// MachineClock: the machine's clocks, or another time for tests.

package import Segmenter

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Readings of the machine's clocks, optionally moved and sped up so that tests meet midnight or a PTS wrap.
package struct MachineClock: Sendable {
    /// Added to the wall clock, microseconds.
    package let offset: Int64
    /// How many seconds pass in one.
    package let rate: Int64
    private let startMonotonic: Int64
    private let startWall: Int64

    package init(offset: Int64 = 0, rate: Int64 = 1) {
        self.offset = offset
        self.rate = rate
        self.startMonotonic = Self.nanoseconds(of: CLOCK_MONOTONIC)
        self.startWall = Self.nanoseconds(of: CLOCK_REALTIME) / 1_000
    }

    package func read() -> StationClock.Reading {
        let monotonic = Self.nanoseconds(of: CLOCK_MONOTONIC)
        let wall = Self.nanoseconds(of: CLOCK_REALTIME) / 1_000
        guard self.rate != 1 || self.offset != 0 else {
            return StationClock.Reading(monotonicNanoseconds: monotonic, wallMicroseconds: wall)
        }
        return StationClock.Reading(
            monotonicNanoseconds: self.startMonotonic + (monotonic - self.startMonotonic) * self.rate,
            wallMicroseconds: self.startWall + self.offset + (wall - self.startWall) * self.rate
        )
    }

    private static func nanoseconds(of clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}

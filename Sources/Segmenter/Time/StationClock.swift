// StationClock: the server's idea of UTC, which never runs backwards.

/// The server's idea of UTC: the monotonic clock plus an offset that is slewed towards the wall clock.
///
/// Slew is at most 500 ppm either way. A wall clock that is ahead is followed at once only while no source is connected or
/// when it is more than 60 s ahead; one that was set back is never followed by a step, so no media time occurs twice.
package struct StationClock: Sendable {
    /// One reading of the machine's clocks.
    package struct Reading: Sendable {
        /// Nanoseconds of a clock that never steps.
        package let monotonicNanoseconds: Int64
        /// UTC by the wall clock, in microseconds since 1970.
        package let wallMicroseconds: Int64

        package init(monotonicNanoseconds: Int64, wallMicroseconds: Int64) {
            self.monotonicNanoseconds = monotonicNanoseconds
            self.wallMicroseconds = wallMicroseconds
        }
    }

    private static let slewPerMillion: Int64 = 500
    private static let stepWithSources: Int64 = 60_000_000
    private static let stepWithoutSources: Int64 = 1_000

    private var lastMonotonic: Int64
    private var microseconds: Int64

    /// Wall clock minus station clock at the last reading, in microseconds.
    package private(set) var error: Int64 = 0

    /// Starts at the wall clock, or at the end of the newest stored audio if that is later.
    package init(at reading: Reading, notBefore newestStored: Timestamp? = nil) {
        self.lastMonotonic = reading.monotonicNanoseconds
        self.microseconds = max(reading.wallMicroseconds, (newestStored?.milliseconds ?? .min / 1_000) * 1_000)
        self.error = reading.wallMicroseconds - self.microseconds
    }

    /// The station's time at a reading, in microseconds since 1970.
    package mutating func microseconds(at reading: Reading, hasSources: Bool) -> Int64 {
        let elapsed = max(0, (reading.monotonicNanoseconds - self.lastMonotonic) / 1_000)
        // Whole microseconds only: the remainder stays on the monotonic clock for the next reading.
        self.lastMonotonic += elapsed * 1_000
        self.microseconds += elapsed
        let error = reading.wallMicroseconds - self.microseconds
        let step = hasSources ? Self.stepWithSources : Self.stepWithoutSources
        if error > step {
            self.microseconds += error
        } else {
            let limit = elapsed * Self.slewPerMillion / 1_000_000
            self.microseconds += min(max(error, -limit), limit)
        }
        self.error = reading.wallMicroseconds - self.microseconds
        return self.microseconds
    }
}

// MediaClock: how far a source's media time is from the station's clock.

internal import DequeModule

/// How far a source's media time is from the station's clock, and what to do about it.
///
/// Its input is the delay of each delivery: the station's time at arrival minus the media time at the end of its newest frame.
/// The error is the least delay of the last 30 s, never a mean: a network only ever adds delay. The error is worked off at
/// slot edges, at most 3 ms each (about 520 ppm). Only an error that stays above a second for 10 s is stepped over.
/// All values are microseconds; a positive error means that media time runs late.
package struct MediaClock: Sendable {
    private struct Delay {
        let second: Int64
        /// The delay as it would be had no shift been made since the clock began.
        var unshifted: Int64
    }

    /// The most that one slot edge corrects.
    package static let largestCorrection: Int64 = 3_000
    private static let window: Int64 = 30
    private static let stepThreshold: Int64 = 1_000_000
    private static let stepPatience: Int64 = 10_000_000

    /// Delays of distinct seconds, rising: the first is the least of the window.
    private var delays: Deque<Delay> = []
    private var shifted: Int64 = 0
    private var lateSince: Int64?

    package init() {}

    /// The least delay of the last 30 s, or 0 before the first delivery.
    package var error: Int64 {
        guard let least = self.delays.first else { return 0 }
        return least.unshifted - self.shifted
    }

    /// What the next slot edge should add to media time.
    package var correction: Int64 {
        min(max(self.error, -Self.largestCorrection), Self.largestCorrection)
    }

    /// Notes the delay of a delivery; `now` is the station's time.
    package mutating func observe(delay: Int64, at now: Int64) {
        let second = now / 1_000_000
        let unshifted = delay + self.shifted
        while let first = self.delays.first, first.second <= second - Self.window { self.delays.removeFirst() }
        while let last = self.delays.last, last.unshifted >= unshifted { self.delays.removeLast() }
        if self.delays.last?.second != second {
            self.delays.append(Delay(second: second, unshifted: unshifted))
        }
        self.watchLateness(at: now)
    }

    /// Notes that media time has been moved forward by `shift` against the count of samples.
    package mutating func shift(by shift: Int64) {
        self.shifted += shift
        if self.error <= Self.stepThreshold { self.lateSince = nil }
    }

    /// How far media time must step forward now: `nil` unless the error has stayed above a second for 10 s.
    package func step(at now: Int64) -> Int64? {
        guard let since = self.lateSince, now - since >= Self.stepPatience else { return nil }
        return self.error
    }

    /// Forgets all delays: after a pause in reading they say nothing about the source.
    package mutating func forget() {
        self.delays.removeAll(keepingCapacity: true)
        self.lateSince = nil
    }

    private mutating func watchLateness(at now: Int64) {
        if self.error <= Self.stepThreshold {
            self.lateSince = nil
        } else if self.lateSince == nil {
            self.lateSince = now
        }
    }
}

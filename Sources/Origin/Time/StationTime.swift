// StationTime: the station clock, shared by every thread.

package import Segmenter
internal import Synchronization

/// The station clock, shared by every thread, and the number of sources that keep it from stepping.
package final class StationTime: Sendable {
    private let clock: Mutex<StationClock>
    private let sources = Atomic<Int>(0)
    private let read: @Sendable () -> StationClock.Reading

    /// Starts the clock, not before `newestStored`; `read` gives the machine's clocks, or a test's.
    package init(notBefore newestStored: Timestamp? = nil, read: @escaping @Sendable () -> StationClock.Reading) {
        self.read = read
        self.clock = Mutex(StationClock(at: read(), notBefore: newestStored))
    }

    /// The station's time, microseconds since 1970.
    package var microseconds: Int64 {
        let hasSources = self.sources.load(ordering: .relaxed) > 0
        return self.clock.withLock { $0.microseconds(at: self.read(), hasSources: hasSources) }
    }

    /// The station's time in whole milliseconds.
    package var now: Timestamp {
        Timestamp(milliseconds: self.microseconds / 1_000)
    }

    /// By how much the wall clock is ahead, microseconds.
    package var error: Int64 { self.clock.withLock { $0.error } }

    func sourceConnected() { self.sources.add(1, ordering: .relaxed) }
    func sourceDisconnected() { self.sources.subtract(1, ordering: .relaxed) }
}

// TestClock: the machine's clocks, moved by a test.

import Segmenter
import Synchronization

/// The machine's clocks, moved by a test.
final class TestClock: Sendable {
    private let now: Mutex<Int64>

    init(at microseconds: Int64) {
        self.now = Mutex(microseconds)
    }

    var microseconds: Int64 { self.now.withLock { $0 } }

    func advance(by microseconds: Int64) {
        self.now.withLock { $0 += microseconds }
    }

    func read() -> StationClock.Reading {
        let now = self.microseconds
        return StationClock.Reading(monotonicNanoseconds: now * 1_000, wallMicroseconds: now)
    }
}

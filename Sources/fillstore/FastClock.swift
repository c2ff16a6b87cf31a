// FastClock: the clock of the audio that is being written.

import Segmenter
import Synchronization

/// The clock of the audio that is being written: it goes as fast as the writer takes parts.
final class FastClock: Sendable {
    private let microseconds = Atomic<Int64>(0)

    var now: Timestamp { Timestamp(milliseconds: self.microseconds.load(ordering: .relaxed) / 1_000) }

    func set(_ microseconds: Int64) {
        self.microseconds.store(microseconds, ordering: .relaxed)
    }
}

// RecordingSink: a sink that remembers.

import Ingest
import Segmenter
import Synchronization

/// A sink that remembers what it was given.
final class RecordingSink: SourceSink {
    private struct State {
        var frames: [Frame] = []
        var ends: [SourceEnd] = []
    }

    private let state = Mutex(State())
    /// Called with the frames of each delivery, for tests that act from within it.
    private let onReceive: (@Sendable () -> Void)?

    init(onReceive: (@Sendable () -> Void)? = nil) {
        self.onReceive = onReceive
    }

    var frames: [Frame] { self.state.withLock { $0.frames } }
    var ends: [SourceEnd] { self.state.withLock { $0.ends } }

    func receive(_ frames: [Frame]) {
        self.state.withLock { $0.frames += frames }
        self.onReceive?()
    }

    func end(_ reason: SourceEnd) {
        self.state.withLock { $0.ends.append(reason) }
    }
}

// LogStatus: whether a stream's log can be written.

internal import Synchronization

/// Whether a stream's log can be written, for whoever asks.
package final class LogStatus: Sendable {
    private struct State {
        var failure: String?
        var syncFailure: String?
        var lostParts = 0
    }

    private let state = Mutex(State())

    init() {}

    /// What is wrong, `nil` when nothing is.
    package var warning: String? { self.state.withLock { $0.failure ?? $0.syncFailure } }

    /// Parts that left memory before they could be written.
    package var lostParts: Int { self.state.withLock { $0.lostParts } }

    /// Notes a failure; `true` when it is news.
    func set(_ failure: String) -> Bool {
        self.state.withLock { state in
            defer { state.failure = failure }
            return state.failure == nil
        }
    }

    /// Notes that writing works; `true` when it is news.
    func clear() -> Bool {
        self.state.withLock { state in
            defer { state.failure = nil }
            return state.failure != nil
        }
    }

    /// Notes how a sync ended; `true` when it is news.
    func noteSync(_ failure: String?) -> Bool {
        self.state.withLock { state in
            defer { state.syncFailure = failure }
            return (state.syncFailure == nil) != (failure == nil)
        }
    }

    /// Counts parts that were given up.
    package func countLost(_ parts: Int) {
        self.state.withLock { $0.lostParts += parts }
    }
}

// Gate: what threads wait at for as long as a test wants.

import Archive
import Dispatch
import NIOCore
import Synchronization

/// What threads wait at for as long as a test wants, and which may send them back with an error.
final class Gate: Sendable {
    private struct State {
        var isShut = false
        var error: DiskError?
        var waiting: [DispatchSemaphore] = []
        var watchers: [CheckedContinuation<Bool, Never>] = []
    }

    private let state = Mutex(State())

    func shut() { self.state.withLock { $0.isShut = true } }

    /// Lets everyone pass who stands at the gate, and who comes.
    func open() {
        let waiting = self.state.withLock { state in
            state.isShut = false
            defer { state.waiting = [] }
            return state.waiting
        }
        for thread in waiting { thread.signal() }
    }

    /// Sends everyone back with an error, or nobody any more.
    func fail(_ error: DiskError?) { self.state.withLock { $0.error = error } }

    /// Waits until a thread stands at the gate.
    func someoneWaits() async {
        _ = await self.arrival()
    }

    /// Waits until a thread stands at the gate, or has done what it was asked without coming here.
    func someoneWaits(before done: EventLoopFuture<Void>) async -> Bool {
        await self.arrival {
            done.whenComplete { _ in
                let watchers = self.state.withLock { state in
                    defer { state.watchers = [] }
                    return state.watchers
                }
                for watcher in watchers { watcher.resume(returning: false) }
            }
        }
    }

    private func arrival(then watch: () -> Void = {}) async -> Bool {
        await withCheckedContinuation { continuation in
            let isThere = self.state.withLock { state in
                if state.waiting.isEmpty { state.watchers.append(continuation) }
                return !state.waiting.isEmpty
            }
            if isThere { continuation.resume(returning: true) } else { watch() }
        }
    }

    /// Waits until the gate is open; returns what the caller should fail with.
    func pass() -> DiskError? {
        let thread = DispatchSemaphore(value: 0)
        let (isShut, watchers) = self.state.withLock { state in
            guard state.isShut else { return (false, [CheckedContinuation<Bool, Never>]()) }
            state.waiting.append(thread)
            defer { state.watchers = [] }
            return (true, state.watchers)
        }
        for watcher in watchers { watcher.resume(returning: true) }
        if isShut { thread.wait() }
        return self.state.withLock { $0.error }
    }
}

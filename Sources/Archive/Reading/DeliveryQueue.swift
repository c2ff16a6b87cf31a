// DeliveryQueue: slots that listeners wait for, loaded some at a time.

internal import Dispatch
internal import NIOCore
internal import Segmenter
internal import Synchronization

/// Slots that listeners of all streams wait for, loaded some at a time on the reader's thread and given out loop by loop.
///
/// A loop that was woken for each slot would take turns with the reader for each. Only so many batches are on their way: the
/// reader waits for the loops, not the memory; but a loop that does not come holds it up only for a moment.
final class DeliveryQueue: Sendable {
    /// A slot that is wanted on a loop.
    struct Request: Sendable {
        let loop: any EventLoop
        let load: @Sendable () -> Segment?
        let then: @Sendable (Segment?) -> Void
    }

    private struct State {
        var waiting: [Request] = []
        var isLoading = false
    }

    private static let batch = 16
    private static let mostBatches = 4
    private static let patience = DispatchTimeInterval.milliseconds(20)

    private let reader: any EventLoop
    private let state = Mutex(State())
    private let places = DispatchSemaphore(value: DeliveryQueue.mostBatches)

    init(reader: any EventLoop) {
        self.reader = reader
    }

    func add(_ request: Request) {
        let begins = self.state.withLock { state -> Bool in
            state.waiting.append(request)
            defer { state.isLoading = true }
            return !state.isLoading
        }
        if begins { self.reader.execute { self.loadBatch() } }
    }

    /// Loads some of what waits; between two batches the reader does what else is asked of it.
    private func loadBatch() {
        let batch = self.state.withLock { state -> [Request] in
            let batch = Array(state.waiting.prefix(Self.batch))
            state.waiting.removeFirst(batch.count)
            state.isLoading = !batch.isEmpty
            return batch
        }
        guard !batch.isEmpty else { return }
        let loaded = batch.map { ($0, $0.load()) }
        var loops: [any EventLoop] = []
        for (request, _) in loaded where !loops.contains(where: { $0 === request.loop }) { loops.append(request.loop) }
        for loop in loops {
            _ = self.places.wait(timeout: .now() + Self.patience)
            let own = loaded.filter { $0.0.loop === loop }
            loop.execute {
                for (request, segment) in own { request.then(segment) }
                self.places.signal()
            }
        }
        self.reader.execute { self.loadBatch() }
    }
}

// DeliveryGate: how many loaded slots may be on their way to event loops.

internal import Dispatch

/// How many loaded slots may be on their way to event loops: the reader's thread waits for the loops, not the memory.
///
/// A loop that does not come for its slots holds the reader up only for a moment: others want theirs.
final class DeliveryGate: Sendable {
    private static let most = 64
    private static let patience = DispatchTimeInterval.milliseconds(20)

    private let places = DispatchSemaphore(value: DeliveryGate.most)

    /// Takes a place, on the reader's thread; waits for one, but not for long.
    func enter() {
        _ = self.places.wait(timeout: .now() + Self.patience)
    }

    /// Gives a place back.
    func leave() {
        self.places.signal()
    }
}

// FileLeases: which log files downloads have yet to send.

internal import Synchronization

/// Which log files downloads have yet to send, and so should not be deleted.
///
/// A lease is kept for half a day: a client that takes longer must ask again.
final class FileLeases: Sendable {
    private static let longest = Duration.seconds(12 * 3_600)
    private let taken = Mutex<[String: [Int: ContinuousClock.Instant]]>([:])
    private let next = Atomic<Int>(0)

    func holds(_ path: String) -> Bool {
        let now = ContinuousClock.now
        return self.taken.withLock { taken in
            taken[path]?.values.contains { now - $0 < Self.longest } ?? false
        }
    }

    func take(_ paths: [String]) -> Int {
        let number = self.next.add(1, ordering: .relaxed).newValue
        let now = ContinuousClock.now
        self.taken.withLock { taken in
            for path in paths { taken[path, default: [:]][number] = now }
        }
        return number
    }

    func release(_ number: Int, _ paths: [String]) {
        self.taken.withLock { taken in
            for path in paths {
                taken[path]?[number] = nil
                if taken[path]?.isEmpty == true { taken[path] = nil }
            }
        }
    }
}

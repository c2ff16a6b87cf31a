// StoreLimit: how much all streams may store together.

internal import Logging
internal import NIOCore
internal import Segmenter

/// How much all streams may store together: when it is more, the oldest audio of all goes first.
///
/// Confined to the writer's loop.
final class StoreLimit {
    private let largest: Int?
    private let logger: Logger
    private var logs: [StreamLog] = []
    private var hasWarned = false

    init(_ largest: Int?, logger: Logger) {
        self.largest = largest
        self.logger = logger
    }

    func add(_ log: StreamLog) {
        self.logs.append(log)
    }

    /// Gives up old files until what is offered fits, with what stays on disk for as long as playlists may name it.
    func enforce() {
        guard let largest = self.largest else { return }
        while self.logs.reduce(0, { $0 + $1.octetsOffered + $1.octetsInGrace }) > largest {
            let oldest = self.logs.compactMap { log in log.oldestSpare.map { (log, $0.created) } }.min { $0.1 < $1.1 }
            guard let (log, _) = oldest else { return self.warn(largest) }
            log.condemnOldest()
        }
    }

    private func warn(_ largest: Int) {
        guard !self.hasWarned else { return }
        self.hasWarned = true
        self.logger.warning(
            "store.max_bytes is too small: what playlists name is kept all the same",
            metadata: ["max_bytes": "\(largest)"]
        )
    }
}

@available(*, unavailable)
extension StoreLimit: Sendable {}

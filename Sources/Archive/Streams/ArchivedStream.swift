// ArchivedStream: one stream's stored audio, open for writing.

internal import Logging
package import NIOCore
package import Segmenter
internal import Synchronization

/// One stream's stored audio, open for writing: what the stream needs of it.
package final class ArchivedStream: Sendable {
    /// What is stored, for readers.
    package let archive: StreamArchive
    /// The grid of what is stored, which wins over the configuration (time-and-hls, rule 13).
    package let grid: SlotGrid
    /// The newest segment as it was found, complete or not.
    package let newest: Segment?
    package let status: LogStatus
    let log: NIOLoopBoundBox<StreamLog>
    private let limit: NIOLoopBoundBox<StoreLimit>
    private let syncing: LogSync
    /// Keeps the directory locked.
    private let lock: LogFile

    init(
        archive: StreamArchive,
        grid: SlotGrid,
        newest: Segment?,
        status: LogStatus,
        log: NIOLoopBoundBox<StreamLog>,
        limit: NIOLoopBoundBox<StoreLimit>,
        syncing: LogSync,
        lock: LogFile
    ) {
        self.archive = archive
        self.grid = grid
        self.newest = newest
        self.status = status
        self.log = log
        self.limit = limit
        self.syncing = syncing
        self.lock = lock
    }

    /// Writes parts; `then` is called on the writer's thread with how many parts wait for the disk.
    package func append(_ parts: [Publication], then: @escaping @Sendable (Int) -> Void) {
        self.log.eventLoop.execute {
            then(self.log.value.append(parts))
            if parts.contains(where: { $0.completesSegment }) { self.limit.value.enforce() }
        }
    }

    /// Deletes all that is stored.
    package func reset() -> EventLoopFuture<Void> {
        self.log.eventLoop.submit { self.log.value.reset() }
    }

    /// Begins to take in audio from before the oldest that is stored; one import at a time.
    package func backfill() throws(ArchiveError) -> Backfill {
        guard !self.archive.isTakingIn.exchange(true, ordering: .acquiringAndReleasing) else {
            throw ArchiveError(.conflict, "another import into this stream is going on: wait for its end")
        }
        return Backfill(self.archive, grid: self.grid, syncing: self.syncing)
    }
}

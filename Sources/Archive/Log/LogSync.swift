// LogSync: the slow calls on log files, on a thread of their own.

internal import Logging
internal import NIOCore
internal import Segmenter

/// The slow calls on log files, on a thread of their own: a disk that takes its time to sync does not keep parts waiting.
struct LogSync: Sendable {
    private let loop: any EventLoop
    private let disk: any Disk
    private let logger: Logger

    init(loop: any EventLoop, disk: any Disk, logger: Logger) {
        self.loop = loop
        self.disk = disk
        self.logger = logger
    }

    /// Makes what was written survive a loss of power.
    func sync(_ file: LogFile, _ status: LogStatus) {
        self.loop.execute {
            var failure: String?
            do throws(DiskError) { try file.sync() } catch { failure = error.description }
            guard status.noteSync(failure), let failure else { return }
            self.logger.error("the store cannot be synced: \(failure)", metadata: ["file": "\(file.path)"])
        }
    }

    /// Syncs a file that is done and writes its index.
    func finish(_ file: LogFile, _ done: ArchivedFile, archive: StreamArchive) {
        self.loop.execute {
            do throws(DiskError) {
                try file.sync()
                let index = FileIndex(catalog: done.catalog, outline: (done.outline ?? Outline()).with(done.damage))
                try self.disk.replace(done.indexPath, with: index.encoded())
                archive.forgetOutline(of: done.path)
            } catch {
                // It is made again at the next start.
                self.logger.warning(
                    "the index of a log could not be written: \(error)",
                    metadata: ["file": "\(done.path)"]
                )
            }
        }
    }

    /// Deletes files; those that are not there are none to worry about.
    func remove(_ paths: [String]) {
        self.loop.execute {
            for path in paths { try? self.disk.remove(path) }
        }
    }
}

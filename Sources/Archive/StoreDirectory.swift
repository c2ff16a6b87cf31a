// StoreDirectory: the stored audio of all streams, in one directory.

package import Logging
internal import NIOCore
internal import NIOPosix
package import Segmenter

/// The stored audio of all streams, in one directory, with the threads that write, sync and read it.
package final class StoreDirectory: Sendable {
    package let directory: String
    private let disk: any Disk
    private let threads: MultiThreadedEventLoopGroup
    private let writer: any EventLoop
    private let reader: any EventLoop
    private let syncing: LogSync
    private let limit: NIOLoopBoundBox<StoreLimit>
    private let openFiles = OpenFiles()
    private let deliveries: DeliveryQueue
    private let now: @Sendable () -> Timestamp
    private let logger: Logger

    /// Opens a directory, which is made if it is not there; `largest` is how many octets all streams may take together.
    package init(
        directory: String,
        largest: Int?,
        disk: any Disk = SystemDisk(),
        now: @escaping @Sendable () -> Timestamp,
        logger: Logger
    ) throws(ArchiveError) {
        self.directory = directory
        self.disk = disk
        self.now = now
        self.logger = logger
        do throws(DiskError) {
            try Self.makeDirectories(directory, disk)
        } catch {
            throw ArchiveError(.unreadable, "store.dir: \(error)")
        }
        self.threads = MultiThreadedEventLoopGroup(numberOfThreads: 3)
        self.writer = self.threads.next()
        self.reader = self.threads.next()
        self.deliveries = DeliveryQueue(reader: self.reader)
        self.syncing = LogSync(loop: self.threads.next(), disk: disk, logger: logger)
        self.limit = .makeBoxSendingValue(StoreLimit(largest, logger: logger), eventLoop: self.writer)
    }

    /// Opens a stream's audio for writing, or begins with none; `grid` is for a stream that has none yet.
    package func open(_ name: String, grid: SlotGrid, policy: LogPolicy) throws(ArchiveError) -> ArchivedStream {
        var logger = self.logger
        logger[metadataKey: "stream"] = "\(name)"
        do {
            let (directory, label) = try self.place(of: name, grid: grid)
            let lock = try LogFile("\(directory)/lock", .writing, on: self.disk)
            guard try self.disk.lock(lock.descriptor) else {
                throw ArchiveError(.locked, "another server has the audio of \(name) open, in \(directory)")
            }
            let stored = label.grid ?? grid
            let recovery = try StreamRecovery(directory: directory, grid: stored, disk: self.disk)
            recovery.report(to: logger)
            // At once: a name that is free may be taken again.
            for path in try self.leftovers(in: directory) { try? self.disk.remove(path) }
            return self.open(recovery, directory, stored, policy: policy, lock: lock, logger: logger)
        } catch let error as ArchiveError {
            throw error
        } catch {
            throw ArchiveError(.unreadable, "the audio of \(name) cannot be opened: \(error)")
        }
    }

    /// Writes and syncs what there is, and ends the threads.
    package func close(_ streams: [ArchivedStream]) async {
        for stream in streams {
            _ = try? await stream.log.eventLoop.submit { stream.log.value.close() }.get()
        }
        try? await self.threads.shutdownGracefully()
    }

    private func open(
        _ recovery: StreamRecovery,
        _ directory: String,
        _ grid: SlotGrid,
        policy: LogPolicy,
        lock: LogFile,
        logger: Logger
    ) -> ArchivedStream {
        var index = StreamIndex()
        index.files = recovery.found.map(\.file).filter { !$0.catalog.isEmpty }
        index.relate()
        let archive = StreamArchive(
            directory: directory,
            index: index,
            disk: self.disk,
            reader: self.reader,
            openFiles: self.openFiles,
            deliveries: self.deliveries,
            logger: logger
        )
        self.tidy(recovery, archive)
        let newest = index.files.last.flatMap { archive.segment($0.catalog.lastSlot) }
        let status = LogStatus()
        let log = StreamLog(
            archive,
            policy: policy,
            grid: grid,
            disk: self.disk,
            loop: self.writer,
            syncing: self.syncing,
            status: status,
            continues: newest != nil,
            now: self.now,
            logger: logger
        )
        let box = NIOLoopBoundBox.makeBoxSendingValue(log, eventLoop: self.writer)
        self.writer.execute { self.limit.value.add(box.value) }
        return ArchivedStream(
            archive: archive,
            grid: grid,
            newest: newest,
            status: status,
            log: box,
            limit: self.limit,
            syncing: self.syncing,
            lock: lock
        )
    }

    /// What a process that was killed while it took audio in, or replaced a file, has left.
    private func leftovers(in directory: String) throws(DiskError) -> [String] {
        try self.disk.names(in: directory).filter { $0.hasSuffix(".part") || $0.hasSuffix(".new") }
            .map { "\(directory)/\($0)" }
    }

    /// Cuts torn tails off, removes files without a record, and writes indexes that are missing.
    private func tidy(_ recovery: StreamRecovery, _ archive: StreamArchive) {
        // At once: the file that the stream goes on with may have the same name.
        for path in recovery.unreadable { try? self.disk.rename(path, to: path + ".damaged") }
        for path in recovery.begun { try? self.disk.remove(path) }
        for (place, found) in recovery.found.enumerated() {
            let file = found.file
            if file.catalog.isEmpty {
                for path in [file.path, file.indexPath] { try? self.disk.remove(path) }
                continue
            }
            guard let log = try? LogFile(file.path, .writing, on: self.disk) else { continue }
            if found.size > file.catalog.end { try? self.disk.truncate(log.descriptor, to: file.catalog.end) }
            if !found.hasIndex, place < recovery.found.count - 1 {
                self.syncing.finish(log, file, archive: archive)
            }
        }
    }

    /// The directory of a stream: the one whose label has its name, or a new one.
    private func place(of name: String, grid: SlotGrid) throws(any Error) -> (directory: String, label: StreamLabel) {
        for directory in try Self.streams(in: self.directory, self.disk) where directory.label.name == name {
            return (directory.path, directory.label)
        }
        let suffix = String(UInt32.random(in: .min ... .max), radix: 16)
        let directory = "\(self.directory)/\(name)-\(String(repeating: "0", count: 8 - suffix.count))\(suffix)"
        try self.disk.makeDirectory(directory)
        let label = StreamLabel(name: name, grid: grid)
        try label.write(to: directory, self.disk)
        return (directory, label)
    }

    /// The streams of a store, by the order of their directories.
    static func streams(
        in directory: String,
        _ disk: any Disk
    ) throws(any Error) -> [(path: String, label: StreamLabel)] {
        var streams: [(path: String, label: StreamLabel)] = []
        for name in try disk.names(in: directory) {
            let path = "\(directory)/\(name)"
            if let label = try StreamLabel(in: path, disk) { streams.append((path, label)) }
        }
        return streams
    }

    private static func makeDirectories(_ path: String, _ disk: any Disk) throws(DiskError) {
        if (try? disk.names(in: path)) != nil { return }
        if let slash = path.lastIndex(of: "/"), slash > path.startIndex {
            try Self.makeDirectories(String(path[..<slash]), disk)
        }
        try disk.makeDirectory(path)
    }
}

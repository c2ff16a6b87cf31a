// StreamLog: what writes a stream's parts to its files.

internal import Logging
internal import NIOCore
internal import Segmenter
internal import Synchronization

/// What writes a stream's parts to its files, in order, and tries again when the disk refuses.
///
/// Confined to the writer's loop. A part that could not be written waits, for as long as it is in memory anyway.
final class StreamLog {
    /// How long to wait before a disk that refused is asked again.
    private static let retryDelay = TimeAmount.seconds(1)

    private let archive: StreamArchive
    private let policy: LogPolicy
    private let grid: SlotGrid
    private let disk: any Disk
    private let loop: any EventLoop
    private let syncing: LogSync
    private let status: LogStatus
    private let logger: Logger
    private var file: LogFile?
    private var waiting: [Publication] = []
    private var retry: Scheduled<Void>?
    /// When this process began: silence from before is an outage of the server.
    private let began: Timestamp
    /// Set when the rest of a slot is left out, since its beginning is not there.
    private var isBetweenSlots: Bool
    /// Files whose audio is not offered any more, with the slot from which on they may go.
    private var condemned: [(path: String, from: Int64)] = []
    private let now: @Sendable () -> Timestamp

    init(
        _ archive: StreamArchive,
        policy: LogPolicy,
        grid: SlotGrid,
        disk: any Disk,
        loop: any EventLoop,
        syncing: LogSync,
        status: LogStatus,
        continues: Bool,
        now: @escaping @Sendable () -> Timestamp,
        logger: Logger
    ) {
        self.archive = archive
        self.policy = policy
        self.grid = grid
        self.disk = disk
        self.loop = loop
        self.syncing = syncing
        self.status = status
        self.isBetweenSlots = !continues
        self.now = now
        self.began = now()
        self.logger = logger
    }

    /// Writes parts, and those that wait; returns how many of all still wait.
    func append(_ parts: [Publication]) -> Int {
        self.waiting += parts
        self.writeWaiting()
        return self.waiting.count
    }

    /// Writes what waits, and leaves the file as a new server finds it fastest.
    func close() {
        self.retry?.cancel()
        self.writeWaiting()
        self.finishFile()
    }

    /// Deletes everything; what comes next begins a new file with a new slot.
    func reset() {
        let files = self.archive.index.withLock { index -> [ArchivedFile] in
            defer { index.files = [] }
            index.floor = .min
            return index.files
        }
        self.file = nil
        self.waiting = []
        self.isBetweenSlots = true
        // At once: what comes next may begin with a slot that one of them began with.
        for file in files { try? self.disk.remove(file.path) }
        self.syncing.remove(files.map(\.indexPath))
        self.condemned = []
    }

    // MARK: Writing

    private func writeWaiting() {
        var written = 0
        var failure: DiskError?
        for publication in self.waiting {
            do throws(DiskError) {
                try self.write(publication)
                written += 1
            } catch {
                failure = error
                break
            }
        }
        self.waiting.removeFirst(written)
        if written > 0 { self.retire() }
        self.note(failure)
    }

    private func note(_ failure: DiskError?) {
        guard let failure else {
            if self.status.clear() { self.logger.notice("the store can be written again") }
            return
        }
        if self.status.set(failure.description) {
            self.logger.error("the store cannot be written, live listening goes on from memory: \(failure)")
        }
        self.dropWhatLeftMemory()
        self.retry?.cancel()
        let log = NIOLoopBound(self, eventLoop: self.loop)
        self.retry = self.loop.scheduleTask(in: Self.retryDelay) { log.value.writeWaiting() }
    }

    /// Gives up parts that nobody has any more, whole slots of them.
    private func dropWhatLeftMemory() {
        guard let newest = self.waiting.last?.segment.slot else { return }
        let oldest = newest - self.policy.slots(in: self.policy.hotSeconds, of: self.grid.segmentMilliseconds)
        let count = self.waiting.prefix { $0.segment.slot < oldest }.count
        guard count > 0 else { return }
        self.waiting.removeFirst(count)
        self.status.countLost(count)
    }

    private func write(_ publication: Publication) throws(DiskError) {
        if self.isBetweenSlots, publication.part.index != 0 { return }
        // What is stored is never written again, whatever the clock says.
        if self.archive.index.withLock({ $0.isBehind(publication) }) { return }
        // What comes behind a hole begins a file, and so with a slot.
        if self.archive.index.withLock({ self.needsFile(for: publication, $0) }) {
            guard publication.part.index == 0 else {
                self.isBetweenSlots = true
                return
            }
            self.finishFile()
            try self.begin(with: publication)
        }
        self.isBetweenSlots = false
        let file = try self.currentFile()
        let record = PartRecord(publication, isOutage: self.isOutage(publication))
        let offset = self.archive.index.withLock { $0.files.last?.catalog.end ?? 0 }
        let written = try file.write(record, at: offset)
        self.archive.index.withLock { index in
            index.files[index.files.count - 1].append(record, written, at: offset)
        }
        self.sync(file, after: publication)
    }

    /// Whether a part lies before this process began; its beginning decides.
    private func isOutage(_ publication: Publication) -> Bool {
        publication.segment.time(afterSamples: publication.part.samplesBefore) < self.began
    }

    private func needsFile(for publication: Publication, _ index: StreamIndex) -> Bool {
        guard let last = index.files.last?.catalog else { return true }
        let segment = publication.segment
        guard segment.format == last.header.format,
            segment.discontinuitySequence == last.header.discontinuitySequence
        else { return true }
        let parts = last.spans(last.lastSlot).count
        if segment.slot == last.lastSlot { return publication.part.index != parts }
        let isNext =
            segment.slot == last.lastSlot + 1 && publication.part.index == 0
            && (parts == self.grid.partsPerSlot || last.isEmpty)
        let room = self.policy.slots(in: self.policy.fileSeconds, of: self.grid.segmentMilliseconds)
        return !isNext || segment.slot - last.firstSlot >= room
    }

    private func begin(with publication: Publication) throws(DiskError) {
        let (file, header) = try LogFile.begin(
            with: publication,
            in: self.archive.directory,
            grid: self.grid,
            created: self.now(),
            on: self.disk
        )
        self.file = file
        self.archive.index.withLock { index in
            index.files.removeAll { $0.path == file.path }
            index.insert(ArchivedFile(path: file.path, catalog: FileCatalog(header: header), outline: Outline()))
        }
    }

    private func currentFile() throws(DiskError) -> LogFile {
        if let file = self.file { return file }
        guard let path = self.archive.index.withLock({ $0.files.last?.path }) else {
            preconditionFailure("a file is begun before it is written to")
        }
        let file = try LogFile(path, .writing, on: self.disk)
        self.file = file
        return file
    }

    private func sync(_ file: LogFile, after publication: Publication) {
        switch self.policy.sync {
        case .part: self.syncing.sync(file, self.status)
        case .segment where publication.completesSegment: self.syncing.sync(file, self.status)
        case .segment, .never: break
        }
    }

    /// Writes the index of the file that is done, so that it opens fast.
    private func finishFile() {
        guard let file = self.file else { return }
        self.file = nil
        let done = self.archive.index.withLock { index -> ArchivedFile? in
            guard let last = index.files.indices.last, index.files[last].path == file.path else { return nil }
            index.files[last].catalog.trim()
            return index.files[last]
        }
        guard let done else { return }
        guard !done.catalog.isEmpty else { return self.drop(done) }
        self.syncing.finish(file, done, archive: self.archive)
    }

    /// Forgets a file that no record could be written to.
    private func drop(_ file: ArchivedFile) {
        self.archive.index.withLock { $0.files.removeAll { $0.path == file.path } }
        try? self.disk.remove(file.path)
    }

    // MARK: Retention

    /// Deletes what the window has passed, whole files at a time, when no playlist can name it any more.
    private func retire() {
        guard let newest = self.archive.slots?.upperBound else { return }
        let window = self.policy.slots(in: self.policy.seconds, of: self.grid.segmentMilliseconds)
        let grace = self.policy.slots(in: self.policy.graceSeconds, of: self.grid.segmentMilliseconds)
        let passed = self.archive.index.withLock { index -> [ArchivedFile] in
            let count = index.files.dropLast().prefix { file in
                guard !self.archive.leases.holds(file.path) else { return false }
                let isCondemned = self.condemned.contains { $0.path == file.path && newest >= $0.from }
                return isCondemned || file.catalog.lastSlot < newest - window - grace
            }.count
            defer { index.files.removeFirst(count) }
            return Array(index.files.prefix(count))
        }
        guard !passed.isEmpty else { return }
        self.condemned.removeAll { condemned in passed.contains { $0.path == condemned.path } }
        self.syncing.remove(passed.flatMap { [$0.path, $0.indexPath] })
    }

    /// The oldest file that may be given up for room, with its age; never one that a live playlist names.
    var oldestSpare: (created: Timestamp, octets: Int)? {
        self.archive.index.withLock { self.spare($0) }.map { file in
            (self.grid.edge(ofSlot: file.catalog.firstSlot), file.catalog.end)
        }
    }

    /// Octets that are offered: those of condemned files do not count.
    var octetsOffered: Int {
        self.archive.index.withLock { index in
            index.files.reduce(0) { sum, file in
                self.condemned.contains { $0.path == file.path } ? sum : sum + file.catalog.end
            }
        }
    }

    /// Octets that the time for which deleted audio stays is good for.
    var octetsInGrace: Int {
        self.archive.index.withLock { index in
            guard let last = index.files.last(where: { !$0.catalog.isEmpty })?.catalog else { return 0 }
            let grace = Int(self.policy.slots(in: self.policy.graceSeconds, of: self.grid.segmentMilliseconds))
            return last.end / max(1, last.entries.count) * grace
        }
    }

    /// Stops to offer the oldest spare file; it is deleted when no playlist can name it any more.
    func condemnOldest() {
        let file = self.archive.index.withLock { index -> ArchivedFile? in
            guard let file = self.spare(index) else { return nil }
            index.floor = file.catalog.lastSlot + 1
            return file
        }
        guard let file, let newest = self.archive.slots?.upperBound else { return }
        let grace = self.policy.slots(in: self.policy.graceSeconds, of: self.grid.segmentMilliseconds)
        self.condemned.append((file.path, newest + grace))
        self.logger.info("the store is full: its oldest audio goes", metadata: ["file": "\(file.path)"])
    }

    private func spare(_ index: StreamIndex) -> ArchivedFile? {
        guard let newest = index.slots?.upperBound else { return nil }
        let grace = self.policy.slots(in: self.policy.graceSeconds, of: self.grid.segmentMilliseconds)
        return index.files.dropLast().first { file in
            !self.condemned.contains { $0.path == file.path } && file.catalog.lastSlot < newest - grace
        }
    }
}

@available(*, unavailable)
extension StreamLog: Sendable {}

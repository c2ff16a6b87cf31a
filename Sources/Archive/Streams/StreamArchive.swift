// StreamArchive: the stored audio of one stream, for its readers.

internal import Logging
package import NIOCore
package import Segmenter
internal import Synchronization

/// The stored audio of one stream, for its readers: look-ups from any thread, audio through the archive's own.
package final class StreamArchive: SegmentArchive {
    package let directory: String
    let index: Mutex<StreamIndex>
    let leases = FileLeases()
    /// Whether older audio is being taken in.
    let isTakingIn = Atomic<Bool>(false)
    private let readsFail = Atomic<Bool>(false)
    private let disk: any Disk
    private let reader: any EventLoop
    private let openFiles: OpenFiles
    private let deliveries: DeliveryQueue
    private let logger: Logger

    init(
        directory: String,
        index: StreamIndex,
        disk: any Disk,
        reader: any EventLoop,
        openFiles: OpenFiles,
        deliveries: DeliveryQueue? = nil,
        logger: Logger
    ) {
        self.deliveries = deliveries ?? DeliveryQueue(reader: reader)
        self.directory = directory
        self.index = Mutex(index)
        self.disk = disk
        self.reader = reader
        self.openFiles = openFiles
        self.logger = logger
    }

    package var slots: ClosedRange<Int64>? { self.index.withLock { $0.slots } }

    package func holds(_ slot: Int64) -> Bool {
        self.index.withLock { index in
            index.files.first.map { !$0.catalog.isEmpty && slot >= $0.catalog.firstSlot } ?? false
        }
    }

    package func resumption(notAfter slot: Int64) -> Int64? { self.index.withLock { $0.resumption(notAfter: slot) } }

    package var damagedParts: Int { self.index.withLock { $0.damagedParts } }

    /// Octets on disk.
    package var octets: Int { self.index.withLock { $0.octets } }

    package func summary(ofSlot slot: Int64) -> SegmentSummary? {
        self.index.withLock { $0.summary(ofSlot: slot) }
    }

    package func part(_ slot: Int64, _ index: Int) -> StoredPart {
        self.index.withLock { state in
            switch state.location(of: slot) {
            case .missing:
                return .missing
            case .computed:
                return .computed
            case .stored(let place):
                let file = state.files[place]
                guard let (offset, span) = file.catalog.audio(slot, index), span.isPlain else { return .computed }
                guard let open = file.open, file.catalog.entry(slot)?.flags.contains(.isChecked) == true,
                    open.isResident(offset..<offset + Int(span.stored))
                else { return .unread }
                return .ready(StoredRange(file: open.stored, offset: Int64(offset), length: Int(span.stored)))
            }
        }
    }

    package func ranges(ofSlot slot: Int64) -> [StoredRange]? {
        self.index.withLock { state in
            guard case .stored(let place) = state.location(of: slot), let open = state.files[place].open,
                let entry = state.files[place].catalog.entry(slot),
                entry.flags.isSuperset(of: [.isChecked, .isComplete])
            else { return nil }
            var end = Int(entry.offset)
            var ranges: [StoredRange] = []
            let spans = state.files[place].catalog.spans(slot)
            ranges.reserveCapacity(spans.count)
            for span in spans {
                guard span.isPlain else { return nil }
                end += Int(span.total)
                let offset = Int64(end) - Int64(span.stored)
                ranges.append(StoredRange(file: open.stored, offset: offset, length: Int(span.stored)))
            }
            return open.isResident(Int(entry.offset)..<end) ? ranges : nil
        }
    }

    package func deliver(_ slot: Int64, on loop: any EventLoop, then: @escaping @Sendable (Segment?) -> Void) {
        self.deliveries.add(DeliveryQueue.Request(loop: loop, load: { self.segment(slot) }, then: then))
    }

    package func prepare(_ slot: Int64, then: @escaping @Sendable () -> Void) {
        self.reader.execute {
            _ = self.read(slot, parts: nil)
            then()
        }
    }

    package func readAhead(_ slot: Int64) {
        let isWanted = self.index.withLock { state -> Bool in
            guard case .stored(let place) = state.location(of: slot),
                state.files[place].catalog.entry(slot)?.flags.contains(.isChecked) == false
            else { return false }
            return state.ahead.insert(slot).inserted
        }
        guard isWanted else { return }
        self.reader.execute {
            _ = self.read(slot, parts: nil)
            _ = self.index.withLock { $0.ahead.remove(slot) }
        }
    }

    package func load(_ slot: Int64, then: @escaping @Sendable (Segment?) -> Void) {
        self.reader.execute { then(self.segment(slot)) }
    }

    package func loadPart(_ slot: Int64, _ index: Int, then: @escaping @Sendable (LoadedPart) -> Void) {
        self.reader.execute {
            guard let read = self.read(slot, parts: index..<index + 1), let part = read.segment.parts.first else {
                return then(.missing)
            }
            then(read.isSound ? .part(part) : .unread(silence: part))
        }
    }

    package func lease(_ slots: ClosedRange<Int64>) -> any AnyObject & Sendable {
        let paths = self.index.withLock { index in
            index.files.filter { $0.slots?.overlaps(slots) == true }.map(\.path)
        }
        return FileLease(paths, in: self.leases)
    }

    package func outline(of slots: ClosedRange<Int64>, then: @escaping @Sendable (Outline) -> Void) {
        self.reader.execute { then(self.outline(of: slots)) }
    }
}

// MARK: On the reader's thread

extension StreamArchive {
    /// Reads a slot from its file, or computes it, `nil` when it cannot be had; blocks meanwhile.
    package func segment(_ slot: Int64) -> Segment? {
        self.read(slot, parts: nil).flatMap { $0.isSound ? $0.segment : nil }
    }

    /// Gathers what was on air; blocks meanwhile.
    package func outline(of slots: ClosedRange<Int64>) -> Outline {
        let files = self.index.withLock { $0.files.filter { $0.catalog.lastSlot >= slots.lowerBound - 1 } }
        var outline = Outline()
        var last: Int64?
        for file in files where !file.catalog.isEmpty && file.catalog.firstSlot <= slots.upperBound {
            let next = self.outline(of: file)
            // Less is a correction at a slot's edge.
            if let end = outline.end, let start = next.start,
                start.millisecondsSince(end) > Outline.largestCorrection
            {
                // Where the slots adjoin the server was running: what is missing at a file's end was damaged.
                let adjoins = last.map { file.catalog.firstSlot <= $0 + 1 } ?? false
                outline.append(Outline.Gap(start: end, end: start, reason: adjoins ? .damage : .server))
            }
            outline.append(next)
            last = file.catalog.lastSlot
        }
        guard let first = files.first?.catalog.grid.edge(ofSlot: slots.lowerBound),
            let last = files.last?.catalog.grid.edge(ofSlot: slots.upperBound + 1)
        else { return outline }
        return outline.clipped(from: first, to: last)
    }

    /// Begins a file for a part that is older than all that is stored.
    func begin(with part: Publication, grid: SlotGrid) throws(DiskError) -> (file: LogFile, header: LogHeader) {
        try LogFile.begin(
            with: part,
            in: self.directory,
            grid: grid,
            created: part.segment.start,
            on: self.disk
        )
    }

    /// Deletes files that were never offered.
    func discard(_ paths: [String]) {
        for path in paths { try? self.disk.remove(path) }
    }

    /// Lets go of an outline that is in the file's index now.
    func forgetOutline(of path: String) {
        self.index.withLock { index in
            guard let place = index.files.dropLast().firstIndex(where: { $0.path == path }) else { return }
            index.files[place].outline = nil
        }
    }

    private func outline(of file: ArchivedFile) -> Outline {
        var outline = file.outline
        if outline == nil, let bytes = try? self.disk.contents(of: file.indexPath) {
            outline = FileIndex(bytes, logSize: file.catalog.end)?.outline
        }
        if outline == nil, let descriptor = try? self.disk.open(file.path, .reading) {
            let slot = file.catalog.firstSlot
            let header = file.catalog.header
            outline = try? LogScan(self.disk, descriptor, firstSlot: slot, grid: header.grid, header: header)?.outline
            self.disk.close(descriptor)
        }
        return (outline ?? Outline()).with(file.damage)
    }

    /// Reads parts of a slot; it is not sound when the disk did not give all of them.
    private func read(_ slot: Int64, parts wanted: Range<Int>?) -> (segment: Segment, isSound: Bool)? {
        enum Plan {
            case read(RecordReader, MappedFile?)
            case computed(SilentRun)
            case missing
        }
        // Nothing of the index itself is kept: a copy that lives would be copied again at the writer's next record.
        let plan = self.index.withLock { state -> Plan in
            switch state.location(of: slot) {
            case .missing: return .missing
            case .computed(let run): return .computed(run)
            case .stored(let place):
                let isOpen = state.isOpen(slot, place)
                guard let reader = RecordReader(state.files[place], slot: slot, isOpen: isOpen) else { return .missing }
                return .read(reader, state.files[place].open)
            }
        }
        switch plan {
        case .missing:
            return nil
        case .computed(let run):
            let segment = run.segment(slot)
            guard let wanted else { return (segment, true) }
            return (Segment(header: segment.header, parts: Array(segment.parts[wanted]), isComplete: true), true)
        case .read(let reader, let open):
            return self.read(reader, open, parts: wanted)
        }
    }

    private func read(
        _ reader: RecordReader,
        _ known: MappedFile?,
        parts wanted: Range<Int>?
    ) -> (segment: Segment, isSound: Bool)? {
        guard let open = known ?? self.open(reader.path) else { return nil }
        self.openFiles.touch(reader.path)
        let reading = reader.read(wanted ?? reader.all, self.disk, open.descriptor)
        for part in reading.damaged { self.noteDamage(part, reader) }
        self.noteFailure(!reading.unread.isEmpty, reader)
        if wanted == nil, reading.unread.isEmpty {
            self.index.withLock { state in
                guard case .stored(let place) = state.location(of: reader.header.slot) else { return }
                state.files[place].catalog.noteChecked(slot: reader.header.slot)
            }
        }
        let segment = Segment(header: reader.header, parts: reading.parts, isComplete: !reader.isOpen)
        return (segment, reading.unread.isEmpty)
    }

    /// Says that the disk does not give what is asked of it, once until it does again.
    private func noteFailure(_ hasFailed: Bool, _ reader: RecordReader) {
        guard self.readsFail.exchange(hasFailed, ordering: .relaxed) != hasFailed, hasFailed else { return }
        self.logger.error(
            "the store cannot be read: listeners get silence for what the disk does not give",
            metadata: ["file": "\(reader.path)", "slot": "\(reader.header.slot)"]
        )
    }

    private func open(_ path: String) -> MappedFile? {
        guard let open = self.openFiles.open(path, self.disk, closing: { [weak self] in self?.close(path) })
        else { return nil }
        self.index.withLock { state in
            guard let place = state.files.firstIndex(where: { $0.path == path }) else { return }
            state.files[place].open = open
        }
        return open
    }

    private func close(_ path: String) {
        self.index.withLock { state in
            guard let place = state.files.firstIndex(where: { $0.path == path }) else { return }
            state.files[place].open = nil
        }
    }

    private func noteDamage(_ part: Int, _ reader: RecordReader) {
        let slot = reader.header.slot
        let isNew = self.index.withLock { state -> Bool in
            guard case .stored(let place) = state.location(of: slot),
                state.files[place].catalog.audio(slot, part)?.span.isDamaged == false
            else { return false }
            state.files[place].catalog.noteDamage(slot: slot, part: part)
            state.damagedParts += 1
            if let gap = state.files[place].catalog.damagedGap(slot, part) { state.files[place].damage.append(gap) }
            return true
        }
        guard isNew else { return }
        self.logger.error(
            "damaged record at offset \(reader.offset(ofPart: part)) of \(reader.path): silence is served for it",
            metadata: ["slot": "\(slot)", "part": "\(part)"]
        )
    }
}

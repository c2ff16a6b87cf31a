// Backfill: older audio that is taken into a stream's store.

package import Segmenter
internal import Synchronization

/// Older audio that is taken into a stream's store: written to files of its own, which are offered when all of it is there.
///
/// Used by one caller, on a thread that may block, and ended by `finish` or `abandon`.
package struct Backfill {
    private let archive: StreamArchive
    private let grid: SlotGrid
    private let syncing: LogSync
    /// Slots from here on are there already; `nil` when nothing is.
    private let end: Int64?
    /// The stream's codec, which it keeps: players lose audio when it changes (time-and-hls, rule 12).
    private var codec: AudioFormat.Codec?
    private var current: (file: LogFile, known: ArchivedFile)?
    private var done: [ArchivedFile] = []
    /// Samples taken, in milliseconds.
    package private(set) var milliseconds: Int64 = 0
    /// Parts taken.
    package private(set) var partCount = 0

    init(_ archive: StreamArchive, grid: SlotGrid, syncing: LogSync) {
        self.archive = archive
        self.grid = grid
        self.syncing = syncing
        let first = archive.index.withLock { $0.files.first?.catalog.header }
        self.end = first?.firstSlot
        self.codec = first?.format.codec
    }

    /// Writes parts, in the order of time; what is stored already is left out.
    package mutating func append(_ parts: [Publication]) throws(ArchiveError) {
        if let other = parts.first(where: { $0.segment.format.codec != self.codec ?? $0.segment.format.codec }) {
            throw ArchiveError(
                .conflict,
                "this stream's audio is \(self.codec?.title ?? "another"), the import has"
                    + " \(other.segment.format.codec.title)"
            )
        }
        self.codec = self.codec ?? parts.first?.segment.format.codec
        for part in parts where self.end.map({ part.segment.slot < $0 }) ?? true {
            do throws(DiskError) {
                try self.write(part)
            } catch {
                throw ArchiveError(.unreadable, "the audio cannot be stored: \(error)")
            }
        }
    }

    /// Offers what was written.
    package mutating func finish() {
        self.closeFile()
        self.archive.index.withLock { index in
            for file in self.done { index.insert(file) }
        }
        self.done = []
        self.archive.isTakingIn.store(false, ordering: .releasing)
    }

    /// Deletes what was written.
    package mutating func abandon() {
        self.closeFile()
        // At once: the next import may take the same names.
        self.archive.discard(self.done.map(\.path))
        self.syncing.remove(self.done.map(\.indexPath))
        self.done = []
        self.archive.isTakingIn.store(false, ordering: .releasing)
    }

    private mutating func write(_ part: Publication) throws(DiskError) {
        if let known = self.current?.known.catalog, !known.isEmpty, !self.continues(known, part) { self.closeFile() }
        if self.current == nil {
            guard part.part.index == 0 else { return }
            let (file, header) = try self.archive.begin(with: part, grid: self.grid)
            self.current = (
                file, ArchivedFile(path: file.path, catalog: FileCatalog(header: header), outline: Outline())
            )
        }
        guard let file = self.current?.file, let offset = self.current?.known.catalog.end else { return }
        let record = PartRecord(part)
        let written = try file.write(record, at: offset)
        self.current?.known.append(record, written, at: offset)
        self.partCount += 1
        let samples = Int64(part.part.frameCount) * Int64(part.segment.format.samplesPerFrame)
        self.milliseconds += samples * 1_000 / Int64(part.segment.format.sampleRate)
    }

    /// Whether a part belongs into the file that is being written.
    private func continues(_ known: FileCatalog, _ part: Publication) -> Bool {
        let isSameRun =
            part.segment.format == known.header.format
            && part.segment.discontinuitySequence == known.header.discontinuitySequence
        guard isSameRun else { return false }
        if part.segment.slot == known.lastSlot { return part.part.index == known.spans(known.lastSlot).count }
        return part.segment.slot == known.lastSlot + 1 && part.part.index == 0
            && part.segment.slot - known.firstSlot < LogPolicy().slots(in: 3_600, of: self.grid.segmentMilliseconds)
    }

    private mutating func closeFile() {
        guard let (file, known) = self.current else { return }
        self.current = nil
        guard !known.catalog.isEmpty else { return self.syncing.remove([file.path]) }
        self.done.append(known)
        self.syncing.finish(file, known, archive: self.archive)
    }
}

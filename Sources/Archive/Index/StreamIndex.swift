// StreamIndex: every log file of a stream, in memory.

internal import Segmenter

/// Every log file of a stream, oldest first: what look-ups need, without audio.
///
/// Slots between two files were an outage of the server: they are computed.
struct StreamIndex: Sendable {
    /// Where a slot is.
    enum Location {
        /// In a file.
        case stored(file: Int)
        /// Between two files, or behind the last.
        case computed(SilentRun)
        case missing
    }

    var files: [ArchivedFile] = []
    /// What is before this slot is about to be deleted: it can be had, but is not offered any more.
    var floor: Int64 = .min
    /// Slots that are about to be read before they are wanted.
    var ahead: Set<Int64> = []
    /// Damaged parts found since the server's start.
    var damagedParts = 0

    var octets: Int { self.files.reduce(0) { $0 + $1.catalog.end } }

    var slots: ClosedRange<Int64>? {
        guard let first = self.files.first(where: { $0.slots != nil })?.slots?.lowerBound,
            let last = self.files.last(where: { $0.slots != nil })?.slots?.upperBound
        else { return nil }
        return min(max(first, self.floor), last)...last
    }

    /// The first slot behind the newest outage that ends by `slot`.
    func resumption(notAfter slot: Int64) -> Int64? {
        guard self.files.count > 1 else { return nil }
        for place in stride(from: self.files.count - 1, to: 0, by: -1) {
            let first = self.files[place].catalog.firstSlot
            if first <= slot, first > self.files[place - 1].catalog.lastSlot + 1 { return first }
        }
        return nil
    }

    func location(of slot: Int64) -> Location {
        guard let file = self.lastFile(notAfter: slot) else { return .missing }
        if self.files[file].catalog.contains(slot) { return .stored(file: file) }
        return self.silence(behind: file).map { .computed($0) } ?? .missing
    }

    func summary(ofSlot slot: Int64) -> SegmentSummary? {
        switch self.location(of: slot) {
        case .stored(let file):
            self.files[file].catalog.summary(slot, isOpen: self.isOpen(slot, file))
        case .computed(let run):
            run.summary(ofSlot: slot)
        case .missing:
            nil
        }
    }

    /// Whether a slot is the one that still grows.
    func isOpen(_ slot: Int64, _ file: Int) -> Bool {
        let catalog = self.files[file].catalog
        guard file == self.files.count - 1, slot == catalog.lastSlot else { return false }
        return catalog.entry(slot)?.flags.contains(.isComplete) == false
    }

    /// Whether a part lies before the end of what is stored.
    func isBehind(_ publication: Publication) -> Bool {
        guard let last = self.files.last?.catalog, !last.isEmpty else { return false }
        let slot = publication.segment.slot
        return slot < last.lastSlot || (slot == last.lastSlot && publication.part.index < last.spans(slot).count)
    }

    /// Puts a file in its place among the others.
    mutating func insert(_ file: ArchivedFile) {
        let place = self.files.firstIndex { $0.catalog.firstSlot > file.catalog.firstSlot } ?? self.files.count
        self.files.insert(file, at: place)
        self.relate()
    }

    /// Notes which files begin another run than the one before them.
    mutating func relate() {
        for place in self.files.indices.dropFirst() {
            let before = self.files[place - 1].catalog.header.discontinuitySequence
            self.files[place].catalog.followsOther = self.files[place].catalog.header.discontinuitySequence != before
        }
    }

    /// The newest file that begins at or before a slot.
    private func lastFile(notAfter slot: Int64) -> Int? {
        var low = 0
        var high = self.files.count
        while low < high {
            let middle = (low + high) / 2
            if self.files[middle].catalog.firstSlot <= slot { low = middle + 1 } else { high = middle }
        }
        return low > 0 ? low - 1 : nil
    }

    /// The silence behind a file's last segment.
    private func silence(behind file: Int) -> SilentRun? {
        let catalog = self.files[file].catalog
        guard let last = catalog.summary(catalog.lastSlot, isOpen: false) else { return nil }
        return SilentRun(
            first: last.header.following(samples: last.sampleCount),
            silence: catalog.header.silentFrame,
            grid: catalog.grid,
            next: file + 1 < self.files.count
                ? self.files[file + 1].catalog.segmentHeader(self.files[file + 1].catalog.firstSlot) : nil
        )
    }
}

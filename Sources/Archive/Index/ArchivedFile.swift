// ArchivedFile: one log file of a stream, as it is known in memory.

internal import Segmenter

/// One log file of a stream, as it is known in memory.
struct ArchivedFile: Sendable {
    let path: String
    var catalog: FileCatalog
    /// What was on air; `nil` once it is in the index beside the file.
    var outline: Outline?
    /// Damage found since the server's start.
    var damage: [Outline.Gap] = []
    /// The file as readers have it open.
    var open: MappedFile?

    var indexPath: String { String(self.path.dropLast(3)) + "idx" }

    var slots: ClosedRange<Int64>? {
        self.catalog.isEmpty ? nil : self.catalog.firstSlot...self.catalog.lastSlot
    }

    /// Adds a record that was written at an offset.
    mutating func append(
        _ record: PartRecord,
        _ written: (head: RecordHead, description: PartDescription),
        at offset: Int
    ) {
        self.catalog.append(written.description, at: offset, head: written.head)
        self.outline?.append(record.part, of: record.segment, reason: record.isOutage ? .server : .source)
    }

    static func path(in directory: String, firstSlot: Int64) -> String { "\(directory)/\(firstSlot).log" }
}

// LogFile: a log file that is being written.

internal import NIOCore
internal import Segmenter

/// A log file that is being written, closed with its last user: what still wants to sync it keeps it open.
final class LogFile: Sendable {
    let path: String
    let descriptor: Int32
    private let disk: any Disk

    init(_ path: String, _ access: DiskAccess, on disk: any Disk) throws(DiskError) {
        self.path = path
        self.disk = disk
        self.descriptor = try disk.open(path, access)
    }

    deinit {
        self.disk.close(self.descriptor)
    }

    /// Begins a file with the header that a first part asks for.
    static func begin(
        with publication: Publication,
        in directory: String,
        grid: SlotGrid,
        created: Timestamp,
        on disk: any Disk
    ) throws(DiskError) -> (file: LogFile, header: LogHeader) {
        guard let silence = publication.part.silence(in: publication.segment.format) else {
            preconditionFailure("what was published has frames, and a format that has silence")
        }
        let header = LogHeader(
            grid: grid,
            first: publication.segment,
            created: created,
            silence: ByteBuffer(bytes: silence.bytes.readableBytesView)
        )
        let path = ArchivedFile.path(in: directory, firstSlot: publication.segment.slot)
        let file = try LogFile(path, .replacing, on: disk)
        do throws(DiskError) {
            try disk.writeAll(file.descriptor, [header.encoded()], at: 0)
        } catch {
            try? disk.remove(path)
            throw error
        }
        return (file, header)
    }

    /// Writes a record at an offset; returns what a reader would find there.
    func write(
        _ record: PartRecord,
        at offset: Int
    ) throws(DiskError) -> (head: RecordHead, description: PartDescription) {
        let (bytes, audio) = record.encoded()
        var reader = bytes
        guard let head = RecordHead(&reader), let description = reader.readSlice(length: head.descriptionLength),
            let known = PartDescription(description, format: record.segment.format)
        else { preconditionFailure("a record that was just encoded can be read") }
        try self.disk.writeAll(self.descriptor, [bytes, audio], at: offset)
        return (head, known)
    }

    func sync() throws(DiskError) {
        try self.disk.sync(self.descriptor)
    }
}

// RewindImport: the parts in a file that another server exported.

internal import NIOCore
package import Segmenter

/// The parts in a file that another server exported: ours, or StreamMachine's dump.
///
/// Used on a thread that may block. An export is read piece by piece; a dump has its newest audio first, so all of it is read.
package struct RewindImport {
    private static let piece = 1_024 * 1_024
    /// A dump was made from memory, so one that is larger is none.
    private static let largestDump = 8 * 1_024 * 1_024 * 1_024

    private let path: String
    private let grid: SlotGrid
    private let disk: any Disk

    /// Prepares to read a file for a stream with a grid.
    package init(_ path: String, grid: SlotGrid, disk: any Disk = SystemDisk()) {
        self.path = path
        self.grid = grid
        self.disk = disk
    }

    /// Reads the file and gives its parts, in the order of time.
    package func read(_ take: ([Publication]) throws(ArchiveError) -> Void) throws(ArchiveError) {
        do {
            let file = try self.disk.open(self.path, .reading)
            defer { self.disk.close(file) }
            let size = try self.disk.size(of: file)
            let start = try self.disk.bytes(file, at: 0, count: min(size, Self.piece))
            if ExportReader.isExport(start) {
                try self.readExport(file, size: size, take)
            } else if RewindDump.isDump(start) {
                guard size <= Self.largestDump else { throw ArchiveError(.badInput, "the dump is too large to be one") }
                try self.readDump(try self.disk.bytes(file, at: 0, count: size), take)
            } else {
                throw ArchiveError(
                    .badInput,
                    "this is neither an export of a rewind nor a StreamMachine rewind dump: its first octets are others"
                )
            }
        } catch let error as ArchiveError {
            throw error
        } catch let error as RewindDumpError {
            throw ArchiveError(.badInput, error.message)
        } catch let error as DatedAudioError {
            throw ArchiveError(.badInput, error.message)
        } catch {
            throw ArchiveError(.unreadable, "\(error)")
        }
    }

    private func readExport(
        _ file: Int32,
        size: Int,
        _ take: ([Publication]) throws(ArchiveError) -> Void
    ) throws {
        var reader = ExportReader(grid: self.grid)
        var offset = 0
        while offset < size {
            let bytes = try self.disk.bytes(file, at: offset, count: min(Self.piece, size - offset))
            guard bytes.readableBytes > 0 else { break }
            offset += bytes.readableBytes
            try take(try reader.append(bytes))
        }
        try reader.finish()
    }

    private func readDump(_ bytes: ByteBuffer, _ take: ([Publication]) throws(ArchiveError) -> Void) throws {
        let dump = try RewindDump(bytes)
        var audio = DatedAudio(grid: self.grid)
        for chunk in dump.chunks {
            try take(try audio.append(chunk.bytes, at: chunk.time, title: chunk.title))
            while audio.isFilling { try take(audio.fillOn()) }
        }
        try take(audio.finish())
    }
}

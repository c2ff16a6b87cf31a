// FrameCopy: an excerpt's frames, written to a file.

internal import NIOCore
package import Segmenter

/// An excerpt's frames, written to a file segment by segment: memory does not grow with its length.
package struct FrameCopy {
    private let excerpt: Excerpt
    private let archive: StreamArchive
    private let disk: any Disk

    package init(_ excerpt: Excerpt, from archive: StreamArchive, disk: any Disk = SystemDisk()) {
        self.excerpt = excerpt
        self.archive = archive
        self.disk = disk
    }

    /// Writes the frames; blocks until it is done.
    package func write(to path: String) throws(ArchiveError) {
        do throws(DiskError) {
            let file = try self.disk.open(path, .replacing)
            defer { self.disk.close(file) }
            var offset = 0
            for slot in self.excerpt.start.cursor.slot...self.excerpt.end.slot {
                for part in self.archive.segment(slot)?.parts ?? [] {
                    guard let bytes = self.wanted(of: part) else { continue }
                    try self.disk.writeAll(file, [bytes], at: offset)
                    offset += bytes.readableBytes
                }
            }
            try self.disk.sync(file)
        } catch {
            throw ArchiveError(.unreadable, "\(path): \(error)")
        }
    }

    /// The frames of a part that belong to the excerpt.
    private func wanted(of part: Part) -> ByteBuffer? {
        let place = StreamCursor(slot: part.slot, part: part.index)
        let start = self.excerpt.start.cursor
        let end = self.excerpt.end
        guard StreamCursor(slot: part.slot, part: part.index + 1) > start, place < end else { return nil }
        let first = start.slot == part.slot && start.part == part.index ? start.frame : 0
        let last = end.slot == part.slot && end.part == part.index ? end.frame : part.frameCount
        let from = part.byteOffset(ofFrame: first)
        let count = part.byteOffset(ofFrame: last) - from
        return part.bytes.getSlice(at: part.bytes.readerIndex + from, length: count)
    }
}

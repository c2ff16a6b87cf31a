// RewindDumpChunks: the chunks of a dump.

internal import NIOCore
internal import Segmenter

/// The chunks of a dump, oldest first.
///
/// A chunk's bytes are taken out of the dump's when it is asked for. Slices for all of them at once would be copies: a
/// `ByteBuffer` has none that begin behind 16 MiB.
package struct RewindDumpChunks: Sendable {
    /// Where a chunk lies in the dump.
    struct Entry: Sendable {
        let meta: RewindDumpMeta
        let offset: Int
        let length: Int
    }

    private let dump: ByteBuffer
    private let entries: [Entry]

    /// Sorts the chunks by time, and keeps the first of those with the same time, as StreamMachine does.
    init(of dump: ByteBuffer, newestFirst entries: [Entry]) {
        self.dump = dump
        // In the file, offsets rise as times fall.
        let sorted = entries.sorted { ($0.meta.time, $0.offset) < ($1.meta.time, $1.offset) }
        var kept: [Entry] = []
        kept.reserveCapacity(sorted.count)
        for entry in sorted where entry.meta.time != kept.last?.meta.time { kept.append(entry) }
        self.entries = kept
    }
}

extension RewindDumpChunks: RandomAccessCollection {
    package var startIndex: Int { 0 }

    package var endIndex: Int { self.entries.count }

    package subscript(position: Int) -> RewindDumpChunk {
        let entry = self.entries[position]
        guard let bytes = self.dump.getSlice(at: self.dump.readerIndex + entry.offset, length: entry.length) else {
            preconditionFailure("a chunk is listed only when all of it is there")
        }
        return RewindDumpChunk(
            time: entry.meta.time,
            milliseconds: entry.meta.milliseconds,
            title: entry.meta.title,
            bytes: bytes
        )
    }
}

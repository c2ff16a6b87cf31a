// RewindDump: the rewind buffer of a StreamMachine server, as it dumps it.

package import NIOCore

/// The rewind buffer of a StreamMachine server: what it writes to disk and exports over its API.
///
/// The format (streammachine-behaviour §3.5): a header in JSON behind its length in 32 bits, then the chunks, newest
/// first: JSON behind a length in 8 bits, audio behind one in 16, all little endian, up to the end of the file. It has
/// no version and no checksum; what can be checked is. Audio is not copied: besides the bytes given, memory holds where
/// each chunk lies and what was playing.
package struct RewindDump: Sendable {
    /// The longest header that is read: it lists the HLS segments, some 25 bytes each.
    static let longestHeader = 4 * 1_024 * 1_024

    package let header: RewindDumpHeader
    /// The chunks, oldest first, no two of the same time.
    package let chunks: RewindDumpChunks

    /// Reads a whole dump; bytes that are not one, and a dump without its end, are refused.
    package init(_ bytes: ByteBuffer) throws(RewindDumpError) {
        guard bytes.readableBytes > 0 else { throw .empty }
        var reader = RewindDumpReader(bytes)
        self.header = try reader.readHeader()
        var entries: [RewindDumpChunks.Entry] = []
        while let entry = try reader.readChunk() { entries.append(entry) }
        try reader.checkEnd(of: entries, header: self.header)
        self.chunks = RewindDumpChunks(of: bytes, newestFirst: entries)
    }

    /// Whether bytes look like the beginning of a dump: the length of a header, and the header's brace.
    package static func isDump(_ bytes: ByteBuffer) -> Bool {
        guard
            let length = bytes.getInteger(at: bytes.readerIndex, endianness: .little, as: UInt32.self),
            let brace = bytes.getInteger(at: bytes.readerIndex + 4, as: UInt8.self)
        else { return false }
        return (2...Self.longestHeader).contains(Int(length)) && brace == UInt8(ascii: "{")
    }
}

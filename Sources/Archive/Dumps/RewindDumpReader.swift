// RewindDumpReader: walks through a dump's bytes.

internal import FoundationEssentials
internal import NIOCore
internal import Segmenter

/// Walks through a dump's bytes, and checks each length before it is used.
struct RewindDumpReader {
    private static let chunkMeta = "a chunk's JSON ({\"ts\", \"meta\", \"duration\"})"

    private let bytes: ByteBuffer
    /// The next byte to read, counted from the dump's first.
    private var offset = 0
    private var chunks = 0
    private let decoder = JSONDecoder()

    init(_ bytes: ByteBuffer) {
        self.bytes = bytes
    }

    mutating func readHeader() throws(RewindDumpError) -> RewindDumpHeader {
        guard let word: UInt32 = self.readInteger() else {
            throw .truncated(at: self.bytes.readableBytes, expected: "the header's length of 4 bytes", after: 0)
        }
        let length = Int(word)
        guard (2...RewindDump.longestHeader).contains(length) else {
            throw .badHeader(at: 0, expected: "a header's length (2 to \(RewindDump.longestHeader)), found \(length)")
        }
        guard self.byte(at: self.offset) ?? UInt8(ascii: "{") == UInt8(ascii: "{") else {
            throw .badHeader(at: self.offset, expected: "a header in JSON ({…})")
        }
        guard self.remaining >= length else {
            throw .truncated(at: self.bytes.readableBytes, expected: "a header of \(length) bytes", after: 0)
        }
        guard let header = self.decode(RewindDumpHeader.self, length: length) else {
            let fields = "start_ts, end_ts, secs_per_chunk and stream_key"
            throw .badHeader(at: self.offset, expected: "a header of \(length) bytes of JSON with \(fields)")
        }
        self.offset += length
        return header
    }

    /// Reads a chunk; `nil` at the end.
    mutating func readChunk() throws(RewindDumpError) -> RewindDumpChunks.Entry? {
        guard self.remaining > 0 else { return nil }
        let meta = try self.readMeta()
        guard let word: UInt16 = self.readInteger() else { throw self.truncated("the 2 bytes of its audio's length") }
        let length = Int(word)
        guard self.remaining >= length else { throw self.truncated("\(length) bytes of audio") }
        defer { self.offset += length }
        self.chunks += 1
        return RewindDumpChunks.Entry(meta: meta, offset: self.offset, length: length)
    }

    /// Checks that the dump has its oldest chunk, which comes last: where the end is missing, nothing else may tell.
    func checkEnd(of entries: [RewindDumpChunks.Entry], header: RewindDumpHeader) throws(RewindDumpError) {
        guard let start = header.start else { return }
        guard entries.contains(where: { $0.meta.time <= start }) else {
            throw self.truncated("the oldest chunk, of \(start.rfc3339)")
        }
    }

    private mutating func readMeta() throws(RewindDumpError) -> RewindDumpMeta {
        let start = self.offset
        guard let word: UInt8 = self.readInteger() else { throw self.truncated(Self.chunkMeta) }
        let length = Int(word)
        guard length >= 2, self.byte(at: self.offset) ?? UInt8(ascii: "{") == UInt8(ascii: "{") else {
            throw .badChunk(at: start, expected: "\(Self.chunkMeta) behind its length", after: self.chunks)
        }
        guard self.remaining >= length else { throw self.truncated("\(length) bytes of \(Self.chunkMeta)") }
        guard let meta = self.decode(RewindDumpMeta.self, length: length) else {
            throw .badChunk(at: self.offset, expected: "\(length) bytes of \(Self.chunkMeta)", after: self.chunks)
        }
        self.offset += length
        return meta
    }

    private var remaining: Int { self.bytes.readableBytes - self.offset }

    private func truncated(_ expected: String) -> RewindDumpError {
        .truncated(at: self.bytes.readableBytes, expected: expected, after: self.chunks)
    }

    private func byte(at offset: Int) -> UInt8? {
        self.bytes.getInteger(at: self.bytes.readerIndex + offset)
    }

    private mutating func readInteger<Value: FixedWidthInteger>() -> Value? {
        guard let value: Value = self.bytes.getInteger(at: self.bytes.readerIndex + self.offset, endianness: .little)
        else { return nil }
        self.offset += MemoryLayout<Value>.size
        return value
    }

    private func decode<Value: Decodable>(_ type: Value.Type, length: Int) -> Value? {
        let start = self.bytes.readerIndex + self.offset
        guard let view = self.bytes.viewBytes(at: start, length: length) else { return nil }
        return try? self.decoder.decode(type, from: Data(view))
    }
}

// RewindDumpWriter: writes dumps as StreamMachine does, byte by byte.

import NIOCore

/// Writes dumps as StreamMachine does (its `RewindWriter`), and wrong ones as well.
struct RewindDumpWriter {
    private(set) var bytes = ByteBuffer()
    /// Where each record ends: the header first, then the chunks.
    private(set) var ends: [Int] = []

    /// A dump with the given header, `nil` for none.
    init(header: String? = nil) {
        guard let header else { return }
        self.bytes.writeInteger(UInt32(header.utf8.count), endianness: .little)
        self.bytes.writeString(header)
        self.ends.append(self.bytes.writerIndex)
    }

    /// A dump of chunks given oldest first, with the header that StreamMachine writes.
    init(_ chunks: [Chunk], hls: String = "") {
        let start = Self.text(chunks.first?.time ?? 0)
        let end = Self.text(chunks.last?.time ?? 0)
        let rest = "\"secs_per_chunk\":2,\"stream_key\":\"mp3-44100-128-s\"\(hls)"
        self.init(header: "{\"start_ts\":\(start),\"end_ts\":\(end),\(rest)}")
        for chunk in chunks.reversed() { self.write(chunk) }
    }

    struct Chunk {
        /// Milliseconds since the epoch.
        var time: Int64
        var title: String?
        var url = ""
        var milliseconds = "2011.4"
        var audio: [UInt8]

        /// `JSON.stringify({ts, meta, duration})`.
        var meta: String {
            let words = self.title.map { ",\"meta\":{\"StreamTitle\":\"\($0)\",\"StreamUrl\":\"\(self.url)\"}" } ?? ""
            return "{\"ts\":\(RewindDumpWriter.text(self.time))\(words),\"duration\":\(self.milliseconds)}"
        }
    }

    mutating func write(_ chunk: Chunk) {
        self.write(meta: chunk.meta, audio: chunk.audio)
    }

    /// Lengths that do not fit lose their high bits, as in StreamMachine.
    mutating func write(meta: String, audio: [UInt8]) {
        self.bytes.writeInteger(UInt8(truncatingIfNeeded: meta.utf8.count))
        self.bytes.writeString(meta)
        self.bytes.writeInteger(UInt16(truncatingIfNeeded: audio.count), endianness: .little)
        self.bytes.writeBytes(audio)
        self.ends.append(self.bytes.writerIndex)
    }

    /// A date as `JSON.stringify` writes it, for times of 2026-11-23.
    static func text(_ time: Int64) -> String {
        let milliseconds = time - self.midnight
        func digits(_ value: Int64, _ count: Int) -> String {
            let text = String(value)
            return String(repeating: "0", count: count - text.count) + text
        }
        let clock = [milliseconds / 3_600_000, milliseconds / 60_000 % 60, milliseconds / 1_000 % 60]
            .map { digits($0, 2) }.joined(separator: ":")
        return "\"2026-11-23T\(clock).\(digits(milliseconds % 1_000, 3))Z\""
    }

    /// 2026-11-23T00:00:00Z.
    static let midnight: Int64 = 1_795_392_000_000
}

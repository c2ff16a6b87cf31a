// ICYReader: takes metadata blocks out of audio, as a player does.

import NIOCore
import Testing

/// Takes metadata blocks out of audio at exact intervals, as a player does.
struct ICYReader {
    private(set) var audio = ByteBuffer()
    /// The blocks' text, and how much audio came before each.
    private(set) var blocks: [(offset: Int, text: String)] = []

    init(_ stream: ByteBuffer, interval: Int) throws {
        var stream = stream
        while stream.readableBytes > 0 {
            let slice = stream.readSlice(length: min(interval, stream.readableBytes)) ?? ByteBuffer()
            let isWhole = slice.readableBytes == interval
            self.audio.writeImmutableBuffer(slice)
            guard isWhole, let units = stream.readInteger(as: UInt8.self) else { continue }
            let block = stream.readSlice(length: Int(units) * 16)
            let text = try #require(block).readableBytesView.prefix { $0 != 0 }
            self.blocks.append((self.audio.readableBytes, String(decoding: text, as: UTF8.self)))
        }
    }
}

// LineReader: lines of text off a connection's bytes.

import NIOCore
import Wire

/// Takes lines of text off a connection's bytes, each byte looked at once, however few arrive at a time.
///
/// It takes the line ends that the request parser takes (LF, CR LF, and nsvcap's CR CR LF), and like it refuses every
/// control character but the tab. Between calls the buffer may only be appended to.
struct LineReader {
    private var lookedAt = 0
    /// How many carriage returns end what has been looked at.
    private var returns = 0

    /// The next line, without its end, or `nil` until there is a whole one.
    mutating func next(from buffer: inout ByteBuffer, upTo limit: Int) throws(WireError) -> ByteBuffer? {
        for byte in buffer.readableBytesView.dropFirst(self.lookedAt) {
            if byte == UInt8(ascii: "\n") { return self.take(from: &buffer) }
            self.lookedAt += 1
            if byte == UInt8(ascii: "\r"), self.returns < 2 {
                self.returns += 1
                continue
            }
            guard self.returns == 0, Self.isText(byte) else {
                throw WireError(.badRequest, "The line has a control character in it.")
            }
            guard self.lookedAt <= limit else {
                throw WireError(.headTooLarge, "The line is longer than the \(limit) bytes it may have.")
            }
        }
        return nil
    }

    private mutating func take(from buffer: inout ByteBuffer) -> ByteBuffer? {
        let line = buffer.readSlice(length: self.lookedAt - self.returns)
        buffer.moveReaderIndex(forwardBy: self.returns + 1)
        self = LineReader()
        return line
    }

    private static func isText(_ byte: UInt8) -> Bool {
        byte >= UInt8(ascii: " ") && byte != 0x7F || byte == UInt8(ascii: "\t")
    }
}

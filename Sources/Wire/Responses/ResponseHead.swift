// ResponseHead: a status line and headers, written straight into bytes.

package import NIOCore

/// A status line and headers, written straight into bytes.
///
/// A value cannot break out of its line: control characters in it, which could come from an encoder's own headers,
/// are written as spaces.
package struct ResponseHead: Sendable {
    private var buffer: ByteBuffer

    /// Begins a head; only HTTP/1.1 requests are answered with HTTP/1.1, all others with HTTP/1.0.
    package init(_ status: Status, version: ProtocolVersion = .http11, reserving capacity: Int = 256) {
        self.buffer = ByteBuffer()
        self.buffer.reserveCapacity(capacity)
        self.buffer.writeStaticString(version == .http11 ? "HTTP/1.1 " : "HTTP/1.0 ")
        self.buffer.writeStaticString(status.line)
        self.buffer.writeStaticString("\r\n")
    }

    package mutating func add(_ name: StaticString, _ value: String) {
        self.buffer.writeStaticString(name)
        self.buffer.writeStaticString(": ")
        let start = self.buffer.writerIndex
        let length = self.buffer.writeString(value)
        self.blankControls(from: start, length: length)
        self.buffer.writeStaticString("\r\n")
    }

    package mutating func add(_ name: StaticString, _ value: Int) {
        self.add(name, String(value))
    }

    /// The whole head, ended by its blank line.
    package consuming func finished() -> ByteBuffer {
        self.buffer.writeStaticString("\r\n")
        return self.buffer
    }

    /// The head with its `Content-Length`, and the body behind it unless the request was a `HEAD`.
    package consuming func finished(body: String, isHead: Bool = false) -> ByteBuffer {
        self.add("Content-Length", body.utf8.count)
        self.buffer.writeStaticString("\r\n")
        if !isHead { self.buffer.writeString(body) }
        return self.buffer
    }

    private mutating func blankControls(from start: Int, length: Int) {
        for index in start..<(start + length) {
            guard let byte = self.buffer.getInteger(at: index, as: UInt8.self) else { return }
            if byte < ASCII.space || byte == 0x7F { self.buffer.setInteger(ASCII.space, at: index) }
        }
    }
}

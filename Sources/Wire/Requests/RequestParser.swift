// RequestParser: bytes of a connection -> request heads.

package import NIOCore

/// Reads request heads from the bytes of a connection, for listeners and for sources alike.
///
/// It takes what encoders send and HTTP parsers refuse: `SOURCE`, `ICE/1.0`, line ends of LF, CR LF, and nsvcap's
/// CR CR LF. It is strict in all else: every control character, folded line and malformed name ends the connection.
/// The bytes stay in the caller's buffer until a head is whole; then the head is taken off as a slice and what follows
/// it (audio, or the next request) is left. Between calls the buffer may only be appended to.
package struct RequestParser: Sendable {
    /// How much of a head is read before it is refused.
    package struct Limits: Hashable, Sendable {
        package let headBytes: Int
        package let headerLines: Int

        package init(headBytes: Int = 8192, headerLines: Int = 64) {
            // Places in a head are held in 16 bits.
            self.headBytes = min(headBytes, Int(UInt16.max))
            self.headerLines = headerLines
        }
    }

    private enum Scan {
        case needsMore
        case complete(RequestLine, length: Int)
        case refused(WireError)
    }

    /// Blank lines before a request line: clients that end a body with one line end too many (RFC 9112 §2.2).
    private static let blankLinesAllowed = 4

    private let limits: Limits
    /// Bytes looked at, and the start of the line they are in, counted from the buffer's reader index.
    private var position = 0
    private var lineStart = 0
    private var blankLines = 0
    private var requestLine: RequestLine?
    private var fields: [HeaderField] = []
    private var failure: WireError?

    package init(limits: Limits = Limits()) {
        self.limits = limits
    }

    /// Takes the next head off the buffer, or returns `nil` until there is a whole one.
    ///
    /// Each byte is looked at once, however few arrive at a time. After an error the connection is of no further use.
    package mutating func next(from buffer: inout ByteBuffer) throws(WireError) -> Request? {
        if let failure = self.failure { throw failure }
        switch buffer.withUnsafeReadableBytes({ self.scan($0) }) {
        case .needsMore:
            return nil
        case .refused(let error):
            self.failure = error
            throw error
        case .complete(let line, let length):
            // The length was just seen in this buffer, so the slice is there.
            let head = buffer.readSlice(length: length) ?? ByteBuffer()
            defer { self.reset() }
            return Request(bytes: head, line: line, fields: self.fields)
        }
    }

    private mutating func reset() {
        self.position = 0
        self.lineStart = 0
        self.blankLines = 0
        self.requestLine = nil
        // Keeps the array's memory for the next head of this connection when the last request is gone by then.
        self.fields.removeAll(keepingCapacity: true)
    }

    private mutating func scan(_ bytes: UnsafeRawBufferPointer) -> Scan {
        let end = min(bytes.count, self.limits.headBytes)
        do throws(WireError) {
            while let control = ASCII.firstControl(in: bytes, self.position..<end) {
                self.position = control
                if bytes[control] == ASCII.tab {
                    self.position += 1
                    continue
                }
                guard let next = try Self.lineEnd(at: control, in: bytes, end: end) else { break }
                if let line = try self.takeLine(self.lineStart..<control, of: bytes) {
                    return .complete(line, length: next)
                }
                self.position = next
                self.lineStart = next
            }
        } catch {
            return .refused(error)
        }
        if end == self.limits.headBytes { return .refused(self.tooLarge) }
        if bytes.count > self.position, bytes[self.position] != ASCII.carriageReturn { self.position = end }
        return .needsMore
    }

    /// Where the next line begins, or `nil` when the line end is not all there yet.
    private static func lineEnd(
        at control: Int,
        in bytes: UnsafeRawBufferPointer,
        end: Int
    ) throws(WireError) -> Int? {
        var index = control
        while index < end, index < control + 2, bytes[index] == ASCII.carriageReturn { index += 1 }
        guard index < end else { return nil }
        guard bytes[index] == ASCII.lineFeed else {
            throw WireError(.badRequest, "The request has a control character in it.")
        }
        return index + 1
    }

    /// Takes in one line; the request line comes back when the line was the blank one that ends the head.
    private mutating func takeLine(
        _ line: Range<Int>,
        of bytes: UnsafeRawBufferPointer
    ) throws(WireError) -> RequestLine? {
        guard let requestLine = self.requestLine else {
            if line.isEmpty {
                self.blankLines += 1
                guard self.blankLines <= Self.blankLinesAllowed else {
                    throw WireError(.badRequest, "The request begins with blank lines.")
                }
            } else {
                self.requestLine = try RequestLine(parsing: line, of: bytes)
            }
            return nil
        }
        guard !line.isEmpty else { return requestLine }
        guard self.fields.count < self.limits.headerLines else { throw self.tooLarge }
        if self.fields.isEmpty { self.fields.reserveCapacity(16) }
        self.fields.append(try HeaderField(parsing: line, of: bytes))
        return nil
    }

    private var tooLarge: WireError {
        self.requestLine == nil
            ? WireError(.targetTooLong, "The request line is longer than \(self.limits.headBytes) bytes.")
            : WireError(
                .headTooLarge,
                "The head has more than \(self.limits.headBytes) bytes or \(self.limits.headerLines) headers."
            )
    }
}

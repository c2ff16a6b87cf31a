// Request: a request head, as one run of bytes and the places of its parts.

package import NIOCore

/// A request head, as one run of bytes and the places of its parts; a `String` is made only of what is asked for.
package struct Request: Sendable {
    private let bytes: ByteBuffer
    private let line: RequestLine
    private let fields: [HeaderField]

    init(bytes: ByteBuffer, line: RequestLine, fields: [HeaderField]) {
        self.bytes = bytes
        self.line = line
        self.fields = fields
    }

    package var method: Method { self.line.method }
    package var version: ProtocolVersion { self.line.version }
    /// The method as it was sent.
    package var methodText: String { self.text(self.line.methodText) }
    /// The target as it was sent, for the log.
    package var target: String { self.text(self.line.target) }
    /// The path, percent-decoded.
    package var path: String {
        self.withBytes(self.line.path) { path in
            path.contains(UInt8(ascii: "%"))
                ? LegacyText.decode(Array(PercentDecoding(path[...], plusIsSpace: false))) : LegacyText.decode(path)
        }
    }
    /// The path as it was sent; it begins with a slash, or is the `*` of `OPTIONS *`.
    package var pathBytes: ByteBuffer { self.slice(self.line.path) }
    /// What follows the question mark, as it was sent; `nil` without one.
    package var queryBytes: ByteBuffer? { self.line.query.map { self.slice($0) } }

    /// The parameters of the query; none without a query.
    package func query(plusIsSpace: Bool = true) -> QueryParameters {
        QueryParameters(self.queryBytes ?? ByteBuffer(), plusIsSpace: plusIsSpace)
    }

    /// Whether the path, as it was sent, is this one.
    package func hasPath(_ path: StaticString) -> Bool {
        self.withBytes(self.line.path) { sent in path.withUTF8Buffer { sent.elementsEqual($0) } }
    }

    /// How many headers there are.
    package var headerCount: Int { self.fields.count }

    /// The value of the first header of this name, without the blanks around it.
    package func header(_ name: StaticString) -> String? {
        self.firstField(name).map { self.text($0.value) }
    }

    /// The bytes of the first header of this name, without the blanks around them.
    package func headerBytes(_ name: StaticString) -> ByteBuffer? {
        self.firstField(name).map { self.slice($0.value) }
    }

    package func hasHeader(_ name: StaticString) -> Bool {
        self.firstField(name) != nil
    }

    /// Whether any header of this name lists a token: `Connection: keep-alive, Upgrade` has two.
    ///
    /// The parameters of a token (`gzip;q=0.5`) are not part of it. Case does not matter.
    package func hasToken(_ token: StaticString, in name: StaticString) -> Bool {
        self.bytes.withUnsafeReadableBytes { bytes in
            self.fields.contains { field in
                Self.isNamed(field, name, in: bytes)
                    && Self.list(UnsafeRawBufferPointer(rebasing: bytes[field.value]), has: token)
            }
        }
    }

    /// Whether the connection may carry another request after this one (RFC 9112 §9.3).
    package var wantsKeepAlive: Bool {
        self.version == .http11
            ? !self.hasToken("close", in: "Connection") : self.hasToken("keep-alive", in: "Connection")
    }

    /// The credentials of the `Authorization` header, if it has the Basic scheme.
    package var basicCredentials: BasicCredentials? {
        self.header("Authorization").flatMap { BasicCredentials(authorization: $0) }
    }

    /// How the body behind this head is delimited; throws what a request with contradictory lengths must be answered.
    package func bodyFraming() throws(WireError) -> BodyFraming {
        if self.hasHeader("Transfer-Encoding") {
            // Both would let two readers disagree on where the body ends (RFC 9112 §6.1).
            guard !self.hasHeader("Content-Length") else {
                throw WireError(.badRequest, "Content-Length and Transfer-Encoding exclude each other.")
            }
            let encodings = self.values("Transfer-Encoding")
            let value = encodings.count == 1 ? encodings[0].lowercased() : ""
            if value == "identity" { return .unspecified }
            guard value == "chunked" else {
                throw WireError(.notImplemented, "The only transfer encoding taken is chunked.")
            }
            return .chunked
        }
        let lengths = self.values("Content-Length")
        guard let length = lengths.first else { return .unspecified }
        guard lengths.allSatisfy({ $0 == length }), length.utf8.allSatisfy(ASCII.isDigit), let count = Int(length)
        else {
            throw WireError(.badRequest, "Content-Length must be one whole number.")
        }
        return .length(count)
    }

    private func values(_ name: StaticString) -> [String] {
        self.bytes.withUnsafeReadableBytes { bytes in
            self.fields.filter { Self.isNamed($0, name, in: bytes) }.map { self.text($0.value) }
        }
    }

    private func firstField(_ name: StaticString) -> HeaderField? {
        self.bytes.withUnsafeReadableBytes { bytes in
            self.fields.first { Self.isNamed($0, name, in: bytes) }
        }
    }

    private static func isNamed(_ field: HeaderField, _ name: StaticString, in bytes: UnsafeRawBufferPointer) -> Bool {
        guard field.name.count == name.utf8CodeUnitCount else { return false }
        return name.withUTF8Buffer { ASCII.equalsIgnoringCase(UnsafeRawBufferPointer(rebasing: bytes[field.name]), $0) }
    }

    private static func list(_ value: UnsafeRawBufferPointer, has token: StaticString) -> Bool {
        token.withUTF8Buffer { wanted in
            var elements = SplitBytes(value, at: UInt8(ascii: ","))
            while let element = elements.next() {
                let end = element.firstIndex { value[$0] == UInt8(ascii: ";") } ?? element.upperBound
                let word = ASCII.trimmed(element.lowerBound..<end, of: value)
                if ASCII.equalsIgnoringCase(UnsafeRawBufferPointer(rebasing: value[word]), wanted) { return true }
            }
            return false
        }
    }

    private func withBytes<Result>(_ range: Range<Int>, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        self.bytes.withUnsafeReadableBytes { body(UnsafeRawBufferPointer(rebasing: $0[range])) }
    }

    private func text(_ range: Range<Int>) -> String {
        self.withBytes(range) { LegacyText.decode($0) }
    }

    private func slice(_ range: Range<Int>) -> ByteBuffer {
        self.bytes.getSlice(at: self.bytes.readerIndex + range.lowerBound, length: range.count) ?? ByteBuffer()
    }
}

// RequestLine: the parts of a request line, as places in the bytes of a head.

/// The parts of a request line, as places in the bytes of a head.
struct RequestLine: Sendable {
    let method: Method
    let methodText: Range<Int>
    let target: Range<Int>
    let path: Range<Int>
    let query: Range<Int>?
    let version: ProtocolVersion

    /// Reads `METHOD SP target SP PROTOCOL`: exactly three words, one space between (RFC 9112 §3).
    init(parsing line: Range<Int>, of bytes: UnsafeRawBufferPointer) throws(WireError) {
        var index = line.lowerBound
        while index < line.upperBound, ASCII.isToken(bytes[index]) { index += 1 }
        let methodText = line.lowerBound..<index
        guard !methodText.isEmpty, index < line.upperBound, bytes[index] == ASCII.space else {
            throw WireError(.badRequest, "The request line must begin with a method and a space.")
        }
        let targetStart = index + 1
        index = targetStart
        while index < line.upperBound, bytes[index] > ASCII.space { index += 1 }
        guard index < line.upperBound, bytes[index] == ASCII.space else {
            throw WireError(.badRequest, "The request line must have three words: method, path and protocol.")
        }
        self.methodText = methodText
        self.target = targetStart..<index
        self.version = try ProtocolVersion(Self.rebased(bytes, (index + 1)..<line.upperBound))
        self.method = Method(Self.rebased(bytes, methodText))
        (self.path, self.query) = try Self.split(self.target, of: bytes, method: self.method)
    }

    /// Finds path and query in the three forms of a target that a server is sent (RFC 9112 §3.2).
    private static func split(
        _ target: Range<Int>,
        of bytes: UnsafeRawBufferPointer,
        method: Method
    ) throws(WireError) -> (path: Range<Int>, query: Range<Int>?) {
        let pathStart = try Self.pathStart(target, of: bytes, method: method)
        var index = pathStart
        while index < target.upperBound, bytes[index] != UInt8(ascii: "?") { index += 1 }
        let query = index < target.upperBound ? (index + 1)..<target.upperBound : nil
        return (pathStart..<index, query)
    }

    private static func pathStart(
        _ target: Range<Int>,
        of bytes: UnsafeRawBufferPointer,
        method: Method
    ) throws(WireError) -> Int {
        let refusal = WireError(.badRequest, "The path must begin with a slash.")
        guard let first = target.first.map({ bytes[$0] }) else { throw refusal }
        if first == UInt8(ascii: "/") { return target.lowerBound }
        if first == UInt8(ascii: "*"), target.count == 1, method == .options { return target.lowerBound }
        // The absolute form, `http://host/path`: a server must take it, and the host in it is of no interest here.
        let text = Self.rebased(bytes, target)
        for scheme in ["http://", "https://"] as [StaticString] {
            let length = scheme.utf8CodeUnitCount
            let isScheme = scheme.withUTF8Buffer { wanted in
                text.count > length && ASCII.equalsIgnoringCase(Self.rebased(text, 0..<length), wanted)
            }
            guard isScheme else { continue }
            var index = target.lowerBound + length
            while index < target.upperBound, bytes[index] != UInt8(ascii: "/"), bytes[index] != UInt8(ascii: "?") {
                index += 1
            }
            if index < target.upperBound, bytes[index] == UInt8(ascii: "/") { return index }
        }
        throw refusal
    }

    private static func rebased(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[range])
    }
}

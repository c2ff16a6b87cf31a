// ProtocolSniff: what a connection's first bytes speak.

import NIOCore

/// What a connection's first bytes speak (legacy-streaming A.3).
///
/// This is where SHOUTcast v1, whose sources begin with a line that is a password, parts from HTTP: so a password
/// cannot begin with a method and a space.
enum ProtocolSniff: Equatable {
    case needsMore
    case http
    case tls
    case passwordLine

    private static let methods: [StaticString] = [
        "SOURCE", "PUT", "GET", "POST", "OPTIONS", "HEAD", "DELETE", "PATCH", "TRACE", "CONNECT", "PLAY", "STATS",
    ]

    init(_ buffer: ByteBuffer) {
        self = buffer.withUnsafeReadableBytes { bytes in
            guard let first = bytes.first else { return .needsMore }
            // A TLS handshake record; no password begins with a control character.
            if first == 0x16 { return .tls }
            // Blank lines before a request line are the parser's to judge.
            if first == UInt8(ascii: "\r") || first == UInt8(ascii: "\n") { return .http }
            return Self.sniffMethod(bytes)
        }
    }

    private static func sniffMethod(_ bytes: UnsafeRawBufferPointer) -> ProtocolSniff {
        var sniffed = ProtocolSniff.passwordLine
        for method in self.methods {
            let length = method.utf8CodeUnitCount
            let isPrefix = method.withUTF8Buffer { name in
                zip(bytes, name).allSatisfy { $0 == $1 }
            }
            guard isPrefix else { continue }
            if bytes.count <= length {
                sniffed = .needsMore
            } else if bytes[length] == UInt8(ascii: " ") {
                return .http
            }
        }
        return sniffed
    }
}

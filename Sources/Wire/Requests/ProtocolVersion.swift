// ProtocolVersion: the protocol a request line ends with.

/// The protocol a request line ends with: HTTP's two, and the one that old Icecast encoders name.
package enum ProtocolVersion: Hashable, Sendable {
    case http10
    case http11
    case ice10

    init(_ bytes: UnsafeRawBufferPointer) throws(WireError) {
        switch true {
        case Self.matches(bytes, "HTTP/1.1"): self = .http11
        case Self.matches(bytes, "HTTP/1.0"): self = .http10
        case Self.matches(bytes, "ICE/1.0"): self = .ice10
        case Self.isVersioned(bytes):
            throw WireError(.versionNotSupported, "The protocol must be HTTP/1.0, HTTP/1.1 or ICE/1.0.")
        default:
            throw WireError(.badRequest, "The request line must end with HTTP/1.0, HTTP/1.1 or ICE/1.0.")
        }
    }

    private static func matches(_ bytes: UnsafeRawBufferPointer, _ name: StaticString) -> Bool {
        name.withUTF8Buffer { bytes.elementsEqual($0) }
    }

    /// Whether this is a version of HTTP or ICE, if not one of ours: `HTTP/2.0`, `ICE/1.1`.
    private static func isVersioned(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard bytes.count > 4, let slash = bytes.firstIndex(of: UInt8(ascii: "/")) else { return false }
        let name = UnsafeRawBufferPointer(rebasing: bytes[..<slash])
        guard Self.matches(name, "HTTP") || Self.matches(name, "ICE") else { return false }
        let version = bytes[(slash + 1)...]
        return version.first.map(ASCII.isDigit) == true
            && version.allSatisfy { ASCII.isDigit($0) || $0 == UInt8(ascii: ".") }
    }
}

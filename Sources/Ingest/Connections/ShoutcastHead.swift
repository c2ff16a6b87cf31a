// ShoutcastHead: what a SHOUTcast v1 source says before its audio.

import NIOCore
import Wire

/// What a SHOUTcast v1 source says before its audio: its password, and headers up to a blank line (A.3).
///
/// Encoders wait for the answer to their password before they send headers, or send all at once.
struct ShoutcastHead {
    private struct Field {
        let name: String
        let value: String
    }

    private let limits: SourceConnectionLimits
    private var lines = LineReader()
    private var fields: [Field] = []
    private var headerLines = 0
    private var headerBytes = 0
    private(set) var password: String?

    init(limits: SourceConnectionLimits) {
        self.limits = limits
    }

    /// Reads the line that is a password; `false` until all of it is there.
    mutating func readPassword(from buffer: inout ByteBuffer) throws(WireError) -> Bool {
        guard let line = try self.lines.next(from: &buffer, upTo: self.limits.passwordBytes) else { return false }
        self.password = LegacyText.decode(line.readableBytesView)
        return true
    }

    /// Reads the headers, of which there may be none; `false` until the blank line behind them is there.
    mutating func readHeaders(from buffer: inout ByteBuffer) throws(WireError) -> Bool {
        while true {
            let allowance = self.limits.request.headBytes - self.headerBytes
            guard let line = try self.lines.next(from: &buffer, upTo: allowance) else { return false }
            guard line.readableBytes > 0 else { return true }
            self.headerBytes += line.readableBytes
            self.headerLines += 1
            guard self.headerLines <= self.limits.request.headerLines else {
                throw WireError(.headTooLarge, "There are more than \(self.limits.request.headerLines) headers.")
            }
            // A line that is no header is none of ours, as for Icecast.
            if let field = Self.field(line.readableBytesView) { self.fields.append(field) }
        }
    }

    /// The value of the first header of this name, which is given in lower case.
    func header(_ name: StaticString) -> String? {
        let wanted = "\(name)"
        return self.fields.first { $0.name == wanted }?.value
    }

    /// Reads `icy-name:My Radio`, with or without blanks around the value.
    private static func field(_ line: ByteBufferView) -> Field? {
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return nil }
        let name = LegacyText.decode(line[..<colon]).lowercased()
        return Field(name: name, value: LegacyText.decode(Self.trimmed(line[(colon + 1)...])))
    }

    private static func trimmed(_ bytes: ByteBufferView) -> ByteBufferView {
        func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
        let start = bytes.firstIndex { !isBlank($0) } ?? bytes.endIndex
        let end = bytes.lastIndex { !isBlank($0) }.map { $0 + 1 } ?? start
        return bytes[start..<end]
    }
}

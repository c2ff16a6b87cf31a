// ProtocolSniffTests: first bytes.

import NIOCore
import Testing

@testable import Ingest

@Suite("ProtocolSniff")
struct ProtocolSniffTests {
    @Test("a method and a space is HTTP, its beginnings wait, anything else is a password line or TLS")
    func sniffing() {
        let expected: [(String, ProtocolSniff)] = [
            ("", .needsMore), ("S", .needsMore), ("SOURCE", .needsMore), ("SOURCE ", .http), ("PUT /", .http),
            ("\r\n", .http), ("P", .needsMore), ("PU", .needsMore), ("PA", .needsMore), ("PAX", .passwordLine),
            ("SOURCES", .passwordLine), ("hackme", .passwordLine), ("h", .passwordLine), ("GET\r\n", .passwordLine),
            ("get /", .passwordLine), ("\u{16}\u{3}\u{1}", .tls), ("Z", .passwordLine),
        ]
        for (bytes, sniff) in expected {
            #expect(ProtocolSniff(ByteBuffer(string: bytes)) == sniff, "\(bytes)")
        }
    }
}

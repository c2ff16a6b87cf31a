// BodyDecoderTests: bodies by length, by chunks and by nothing.

import NIOCore
import Testing

@testable import Wire

@Suite("BodyDecoder")
struct BodyDecoderTests {
    @Test("a body of a length ends there and leaves the rest")
    func length() throws {
        var decoder = BodyDecoder(.length(5))
        var buffer = ByteBuffer(string: "hel")
        #expect(try decoder.next(from: &buffer) == .bytes(ByteBuffer(string: "hel")))
        #expect(try decoder.next(from: &buffer) == nil)
        buffer.writeString("lo GET")
        #expect(try decoder.next(from: &buffer) == .bytes(ByteBuffer(string: "lo")))
        #expect(try decoder.next(from: &buffer) == .end)
        #expect(try decoder.next(from: &buffer) == nil)
        #expect(String(buffer: buffer) == " GET")
    }

    @Test("a body of no length ends at once")
    func zero() throws {
        var decoder = BodyDecoder(.length(0))
        var buffer = ByteBuffer(string: "next")
        #expect(try decoder.next(from: &buffer) == .end)
        #expect(buffer.readableBytes == 4)
    }

    @Test("a body of unspecified length is all that comes")
    func unspecified() throws {
        var decoder = BodyDecoder(.unspecified)
        var buffer = ByteBuffer(string: "audio")
        #expect(try decoder.next(from: &buffer) == .bytes(ByteBuffer(string: "audio")))
        #expect(try decoder.next(from: &buffer) == nil)
    }

    @Test("a chunked body is undone, across calls")
    func chunked() throws {
        var decoder = BodyDecoder(.chunked)
        var buffer = ByteBuffer(string: "3\r\nab")
        #expect(try decoder.next(from: &buffer) == .bytes(ByteBuffer(string: "ab")))
        buffer.writeString("c\r\n0\r\n\r\nrest")
        #expect(try decoder.next(from: &buffer) == .bytes(ByteBuffer(string: "c")))
        #expect(try decoder.next(from: &buffer) == .end)
        #expect(try decoder.next(from: &buffer) == nil)
        #expect(String(buffer: buffer) == "rest")
    }
}

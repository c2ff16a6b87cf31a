// GzipTests: what gzip itself makes of ours.

import HLS
import NIOCore
import Testing

@Suite struct GzipTests {
    @Test("gzip gives back what was compressed", arguments: [0, 1, 1_000, 1_000_000])
    func isReadByGzip(size: Int) throws {
        var generator = SystemRandomNumberGenerator()
        // Half noise, half text: neither stored blocks nor matches alone.
        let noise = (0..<size / 2).map { _ in UInt8.random(in: 0...255, using: &generator) }
        let content = ByteBuffer(bytes: noise + Array(repeating: UInt8(ascii: "#"), count: size - size / 2))
        let directory = try TemporaryDirectory()
        try directory.write([try #require(Gzip.compress(content))], to: "content.gz")
        let result = try MediaTool.run(["gzip", "-d", "content.gz"], in: directory)
        #expect(result.status == 0, "\(result.errors)")
        #expect(try Array(directory.read("content")) == Array(content.readableBytesView))
    }

    @Test("the same content gives the same octets, without a time in them")
    func isDeterministic() throws {
        let content = ByteBuffer(string: String(repeating: "#EXTINF:5.76000,\n", count: 156))
        let compressed = try #require(Gzip.compress(content))
        #expect(Gzip.compress(content) == compressed)
        #expect(compressed.getBytes(at: 0, length: 8) == [0x1F, 0x8B, 8, 0, 0, 0, 0, 0])
        #expect(compressed.readableBytes < 100)
    }

    @Test("what has been read of a buffer is not compressed")
    func startsAtTheReader() throws {
        var content = ByteBuffer(string: "headbody")
        content.moveReaderIndex(forwardBy: 4)
        #expect(Gzip.compress(content) == Gzip.compress(ByteBuffer(string: "body")))
    }

    @Test("a refusal by zlib is an answer")
    func survivesRefusal() {
        #expect(Gzip.compress(ByteBuffer(string: "body"), level: 42) == nil)
    }
}

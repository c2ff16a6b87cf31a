// PreparedContentTests: a body made once, with its headers.

import NIOCore
import Testing

@testable import Origin

@Suite struct PreparedContentTests {
    private static let body = ByteBuffer(string: String(repeating: "#EXTINF:5.760000,\n", count: 150))

    private func headers(_ head: ByteBuffer) -> [String] {
        String(buffer: head).split(separator: "\r\n").map(String.init)
    }

    @Test("each answer is its head and the body, one for each age from the least on")
    func answers() {
        let content = PreparedContent(Self.body, contentType: "text/x", maxAges: 1...4)
        #expect(content.plain.answers.count == 4 && content.plain.heads.count == 4)
        for (age, (answer, head)) in zip(content.plain.answers, content.plain.heads).enumerated() {
            var expected = head
            expected.writeImmutableBuffer(Self.body)
            #expect(answer == expected)
            #expect(String(buffer: head).hasSuffix("\r\n\r\n"))
            let headers = self.headers(head)
            #expect(headers.contains("Cache-Control: max-age=\(age + 1)"))
            #expect(headers.contains("Content-Length: \(Self.body.readableBytes)"))
            #expect(headers.contains("Content-Type: text/x") && headers.contains("Vary: Accept-Encoding"))
            #expect(headers.contains("Access-Control-Allow-Origin: *"))
            #expect(!headers.contains { $0.hasPrefix("Content-Encoding") })
        }
    }

    @Test("the compressed form says so, and has a tag of its own")
    func compressed() throws {
        let content = PreparedContent(Self.body, contentType: "text/x", maxAges: 1...1)
        let compressed = try #require(content.compressed)
        #expect(compressed.entityTag != content.plain.entityTag)
        let headers = self.headers(compressed.heads[0])
        #expect(headers.contains("Content-Encoding: gzip") && headers.contains("Vary: Accept-Encoding"))
        let length = compressed.answers[0].readableBytes - compressed.heads[0].readableBytes
        #expect(headers.contains("Content-Length: \(length)") && length < Self.body.readableBytes)
        #expect(compressed.answers[0].getBytes(at: compressed.heads[0].readableBytes, length: 2) == [0x1F, 0x8B])
    }

    @Test("the tag is the content's, not the moment's")
    func tags() {
        let first = PreparedContent(Self.body, contentType: "a", maxAges: 1...1)
        let second = PreparedContent(Self.body, contentType: "b", maxAges: 1...9)
        #expect(first.plain.entityTag == second.plain.entityTag)
        let other = PreparedContent(ByteBuffer(string: "other"), contentType: "a", maxAges: 1...1)
        #expect(first.plain.entityTag != other.plain.entityTag)
    }
}

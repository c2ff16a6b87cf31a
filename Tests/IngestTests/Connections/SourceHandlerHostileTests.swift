// SourceHandlerHostileTests: what must never crash, hang or grow.

import Ingest
import NIOCore
import Testing

@Suite("SourceHandler, hostile input")
struct SourceHandlerHostileTests {
    private let put = "PUT /t HTTP/1.1\r\nice-password: hackme\r\n"

    @Test("text instead of audio is refused with the reason, in the answer where it still fits")
    func text() throws {
        let text = Array(String(repeating: "This is no audio at all.\n", count: 4000).utf8)
        let expecting = try SourceClient()
        try expecting.send(self.put + "Expect: 100-continue\r\n\r\n", text)
        let answer = try expecting.answer()
        #expect(answer.contains("HTTP/1.1 415 Unsupported Media Type\r\n"))
        #expect(answer.contains("only MP3 or AAC in ADTS is accepted"))
        #expect(expecting.desk.sink("t")?.frames.isEmpty == true)
        guard case .failed(let reason)? = expecting.desk.sink("t")?.ends.first else {
            Issue.record("not failed: \(expecting.desk.sink("t")?.ends ?? [])")
            return
        }
        #expect(answer.contains(reason))

        let plain = try SourceClient()
        try plain.send(self.put + "\r\n", text)
        #expect(try plain.answer() == "HTTP/1.1 200 OK\r\n\r\n")
        #expect(plain.desk.sink("t")?.ends == [.failed(reason: reason)])
        #expect(plain.isClosed)
    }

    @Test("a short text is refused when it ends")
    func shortText() throws {
        let client = try SourceClient()
        try client.send(self.put + "Expect: 100-continue\r\nContent-Length: 5\r\n\r\nhello")
        #expect(try client.answer().contains("HTTP/1.1 415 Unsupported Media Type\r\n"))
        #expect(client.desk.sink("t")?.ends.count == 1)
    }

    @Test("broken chunks end the source")
    func brokenChunks() throws {
        let client = try SourceClient()
        let head = self.put + "Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n"
        try client.send(head, TestAudio.chunk(TestAudio.frames(10)) + Array("FFFFFFFFFFFF\r\n".utf8))
        #expect(try client.answer().contains("HTTP/1.1 413 Content Too Large\r\n"))
        #expect(client.desk.sink("t")?.frames.count == 10)
    }

    @Test(
        "a megabyte of head is refused at its limit, and the rest is read over",
        arguments: ["A: ", "A: b\r\n", "\t"]
    )
    func flood(filler: String) throws {
        let client = try SourceClient()
        try client.send(self.put + String(repeating: filler, count: (1 << 20) / filler.utf8.count))
        #expect(try client.answer().hasPrefix("HTTP/1.0 4"))
        #expect(client.socket.hasClosedOutput)
        for _ in 0..<50 { try client.send(String(repeating: "x", count: 10_000)) }
        #expect(try client.answer() == "")
        client.pass(.seconds(2))
        #expect(client.isClosed)
    }

    @Test("a form larger than a form is refused, by its length or by its bytes")
    func largeForm() throws {
        let declared = try SourceClient()
        try declared.send("POST /admin/metadata HTTP/1.1\r\nContent-Length: 99999\r\n\r\n")
        #expect(try declared.answer().contains(" 413 "))
        let chunked = try SourceClient()
        try chunked.send("POST /admin/metadata HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nFFFFF\r\n")
        for _ in 0..<20 where !chunked.socket.hasClosedOutput { try chunked.send(String(repeating: "x", count: 1000)) }
        #expect(try chunked.answer().contains(" 413 "))
    }

    @Test("TLS is told that it is not spoken here")
    func tls() throws {
        let client = try SourceClient()
        try client.send("\u{16}\u{3}\u{1}")
        #expect(try client.answer().hasPrefix("HTTP/1.0 400 Bad Request\r\n"))
        client.pass(.seconds(2))
        #expect(client.isClosed)
    }

    @Test("a connection closed by half before or in its head is closed", arguments: ["", "P", "PUT /t HTTP/1.1\r\n"])
    func halfOpen(sent: String) throws {
        let client = try SourceClient()
        try client.send(sent)
        client.closeInput()
        #expect(client.isClosed)
    }

    @Test("random bytes, and damaged requests, end in an answer, a close or a wait, and no source outlives them")
    func fuzz() throws {
        var random = SeededGenerator(seed: 11)
        let seeds = [
            Array((self.put + "Transfer-Encoding: chunked\r\n\r\n").utf8) + TestAudio.chunk(TestAudio.frames(4)),
            Array((self.put + "Expect: 100-continue\r\n\r\n").utf8) + TestAudio.frames(4),
            Array(
                "GET /admin/metadata?mount=/t&song=x HTTP/1.1\r\nAuthorization: Basic c291cmNlOmhhY2ttZQ==\r\n\r\n".utf8
            ),
            Array("POST /admin/metadata HTTP/1.1\r\nContent-Length: 5\r\n\r\nsong=".utf8),
            Array("hackme\nicy-name:T\nicy-br:128\n\n".utf8) + TestAudio.frames(4),
            Array("t:hackme\r\nicy-url: x\r\r\n\r\n".utf8) + TestAudio.frames(4),
            Array("GET /admin.cgi?pass=hackme&mode=updinfo&song=x HTTP/1.0\r\nUser-Agent: Mozilla\r\n\r\n".utf8),
        ]
        let start = ContinuousClock.now
        for _ in 0..<800 where ContinuousClock.now - start < .seconds(4) {
            let client = try SourceClient()
            var bytes = seeds.randomElement(using: &random) ?? []
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            var place = 0
            while place < bytes.count, !client.isClosed {
                let end = min(bytes.count, place + Int.random(in: 1...400, using: &random))
                try client.send(Array(bytes[place..<end]))
                place = end
            }
            client.pass(.seconds(20))
            client.pass(.seconds(20))
            #expect(client.isClosed)
            if let sink = client.desk.sink("t") { #expect(sink.ends.count == 1) }
        }
    }
}

// SourceHandlerTests: encoders as they are, from connection to end (legacy-streaming A.20).

import Ingest
import NIOCore
import Segmenter
import Testing
import Wire

@Suite("SourceHandler")
struct SourceHandlerTests {
    private let authorization = "Authorization: Basic c291cmNlOmhhY2ttZQ=="

    private func put(_ headers: String...) -> String {
        let lines = ["PUT /t HTTP/1.1", "Host: h", self.authorization, "Content-Type: audio/mpeg"] + headers
        return lines.joined(separator: "\r\n") + "\r\n\r\n"
    }

    @Test("V1: a SOURCE is answered at once, and the audio behind its head is kept")
    func source() throws {
        let client = try SourceClient()
        let head = "SOURCE /t HTTP/1.0\r\n\(self.authorization)\r\nContent-Type: audio/mpeg\r\nice-name: T\r\n\r\n"
        try client.send(head, TestAudio.frames(10))
        #expect(try client.answer() == "HTTP/1.0 200 OK\r\n\r\n")
        try client.send(TestAudio.frames(1))
        client.closeInput()
        let sink = try #require(client.desk.sink("t"))
        #expect(sink.frames.map { Array($0.bytes.readableBytesView) } == Array(repeating: TestAudio.frame, count: 11))
        #expect(sink.ends == [.closedByPeer])
        #expect(client.isClosed)
        let request = try #require(client.desk.requests.first)
        #expect(request.mount == "t" && request.peer == "192.0.2.7" && request.protocol == .source)
        #expect(request.contentType == "audio/mpeg" && request.description.name == "T")
        #expect(request.credentials == BasicCredentials(user: "source", password: "hackme"))
    }

    @Test("V2 and V17: ICE/1.0, bare LF and nsvcap's line ends are taken", arguments: ["\n", "\r\r\n", "\r\n"])
    func lineEnds(end: String) throws {
        let client = try SourceClient()
        let lines = ["SOURCE /t ICE/1.0", self.authorization, "content-type: audio/mpeg", "", ""]
        try client.send(lines.joined(separator: end), TestAudio.frames(8))
        #expect(try client.answer() == "HTTP/1.0 200 OK\r\n\r\n")
        #expect(client.desk.sink("t")?.frames.count == 8)
    }

    @Test("V3: a PUT that expects gets 100 at once, and 200 when its body has ended")
    func expect() throws {
        let client = try SourceClient()
        try client.send(self.put("Expect: 100-continue"))
        #expect(try client.answer() == "HTTP/1.1 100 Continue\r\n\r\n")
        try client.send(TestAudio.frames(10))
        #expect(try client.answer() == "")
        #expect(!client.isClosed)
        client.closeInput()
        let final = try client.answer()
        #expect(final.hasPrefix("HTTP/1.1 200 OK\r\n") && final.contains("Content-Length: 0\r\n"))
        #expect(final.contains("Connection: close\r\n"))
        #expect(client.desk.sink("t")?.frames.count == 10)
        #expect(client.desk.sink("t")?.ends == [.closedByPeer])
    }

    @Test("V4: a PUT that does not expect gets 200 before its body, which lasts until the connection closes")
    func putWithoutExpect() throws {
        let client = try SourceClient()
        try client.send(self.put())
        #expect(try client.answer() == "HTTP/1.1 200 OK\r\n\r\n")
        for _ in 0..<10 { try client.send(TestAudio.frame) }
        #expect(client.desk.sink("t")?.frames.count == 10)
        client.closeInput()
        #expect(try client.answer() == "")
        #expect(client.isClosed)
    }

    @Test("V5: chunks are undone, wherever they are cut", arguments: [1, 7, 384, 1000, 100_000])
    func chunked(size: Int) throws {
        let client = try SourceClient()
        let audio = TestAudio.frames(10)
        let body =
            TestAudio.chunk(Array(audio[..<1001])) + TestAudio.chunk(Array(audio[1001...])) + Array("0\r\n\r\n".utf8)
        let all = Array(self.put("Transfer-Encoding: chunked", "Expect: 100-continue").utf8) + body
        for start in stride(from: 0, to: all.count, by: size) {
            try client.send(Array(all[start..<min(start + size, all.count)]))
        }
        let answer = try client.answer()
        #expect(answer.hasPrefix("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"))
        let sink = try #require(client.desk.sink("t"))
        #expect(sink.frames.flatMap { Array($0.bytes.readableBytesView) } == audio)
        #expect(sink.ends == [.finished])
    }

    @Test("a body of a length ends there, answered behind it or before it, but once")
    func contentLength() throws {
        let audio = TestAudio.frames(10)
        let expecting = try SourceClient()
        try expecting.send(self.put("Expect: 100-continue", "Content-Length: \(audio.count)"))
        #expect(try expecting.answer() == "HTTP/1.1 100 Continue\r\n\r\n")
        try expecting.send(audio + [1, 2, 3])
        #expect(try expecting.answer().hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(expecting.desk.sink("t")?.ends == [.finished])

        let plain = try SourceClient()
        try plain.send(self.put("Content-Length: \(audio.count)"), audio)
        #expect(try plain.answer() == "HTTP/1.1 200 OK\r\n\r\n")
        #expect(plain.desk.sink("t")?.frames.count == 10)
        #expect(plain.desk.sink("t")?.ends == [.finished])
        #expect(plain.isClosed)
    }

    @Test("a body that breaks off before its length is not called finished")
    func truncated() throws {
        let client = try SourceClient()
        try client.send(self.put("Expect: 100-continue", "Content-Length: 100000"), TestAudio.frames(10))
        client.closeInput()
        #expect(try client.answer().contains("HTTP/1.1 400 Bad Request\r\n"))
        #expect(client.desk.sink("t")?.ends == [.closedByPeer])
    }

    @Test("V8: libshout's probe gets 401 with what it looks for, and its second request the same connection")
    func probe() throws {
        let client = try SourceClient()
        try client.send(
            "SOURCE /t HTTP/1.0\r\nHost: h:8002\r\nUser-Agent: libshout/2.4.6\r\nContent-Type: audio/mpeg\r\n"
                + "Content-Length: 0\r\nConnection: Keep-Alive\r\nice-public: 0\r\n\r\n"
        )
        let answer = try client.answer()
        #expect(answer.hasPrefix("HTTP/1.0 401 Unauthorized\r\n"))
        #expect(answer.contains("WWW-Authenticate: Basic realm=\""))
        #expect(answer.contains("Allow: GET, OPTIONS, SOURCE, PUT\r\n"))
        #expect(answer.contains("Connection: keep-alive\r\n"))
        #expect(answer.contains("Content-Length: 25\r\n") && answer.hasSuffix("\r\n\r\nYou need to authenticate\n"))
        #expect(!client.socket.hasClosedOutput)
        try client.send(self.put("Expect: 100-continue"), TestAudio.frames(10))
        #expect(try client.answer() == "HTTP/1.1 100 Continue\r\n\r\n")
        #expect(client.desk.sink("t")?.frames.count == 10)
    }

    @Test("V9: a second source is told that the mount is in use")
    func busy() throws {
        let desk = RecordingDesk()
        let first = try SourceClient(desk)
        let second = try SourceClient(desk)
        try first.send(self.put(), TestAudio.frames(10))
        try second.send(self.put("Expect: 100-continue"))
        let answer = try second.answer()
        #expect(answer.hasPrefix("HTTP/1.1 403 Forbidden\r\n") && answer.hasSuffix("\r\n\r\nMountpoint in use\n"))
        try first.send(TestAudio.frames(1))
        #expect(desk.sink("t")?.frames.count == 11)
        #expect(desk.sink("t")?.ends == [])
    }

    @Test("a wrong password is 401, an unknown mount 404 with those there are, and audio behind it is read over")
    func refusals() throws {
        let wrong = try SourceClient()
        try wrong.send("SOURCE /t HTTP/1.0\r\nAuthorization: Basic c291cmNlOng=\r\n\r\n", TestAudio.frames(3))
        #expect(try wrong.answer().hasPrefix("HTTP/1.0 401 Unauthorized\r\n"))
        #expect(wrong.socket.hasClosedOutput && !wrong.isClosed)
        try wrong.send(TestAudio.frames(100))
        #expect(try wrong.answer() == "")
        wrong.pass(.seconds(2))
        #expect(wrong.isClosed)

        let unknown = try SourceClient(RecordingDesk(mounts: ["a", "b"]))
        try unknown.send("SOURCE /x HTTP/1.0\r\n\(self.authorization)\r\n\r\n", TestAudio.frames(3))
        let answer = try unknown.answer()
        #expect(answer.hasPrefix("HTTP/1.0 404 Not Found\r\n") && answer.contains("there is: a, b."))
        unknown.closeInput()
        #expect(unknown.isClosed)
    }

    @Test("the ancient ice-password header is a password")
    func icePassword() throws {
        let client = try SourceClient()
        try client.send("SOURCE /t HTTP/1.0\r\nice-password: hackme\r\n\r\n", TestAudio.frames(8))
        #expect(try client.answer() == "HTTP/1.0 200 OK\r\n\r\n")
    }

    @Test("OPTIONS and libshout's poke are answered, and the connection goes on")
    func capabilities() throws {
        let client = try SourceClient()
        try client.send("OPTIONS * HTTP/1.1\r\nUpgrade: TLS/1.0, HTTP/1.1\r\nConnection: Upgrade\r\n\r\n")
        try client.send("GET /admin/!POKE HTTP/1.1\r\nHost: h\r\n\r\n")
        let answer = try client.answer()
        #expect(answer.components("HTTP/1.1 200 OK\r\n") == 2)
        #expect(answer.components("Allow: GET, OPTIONS, SOURCE, PUT\r\n") == 2)
        try client.send(self.put(), TestAudio.frames(8))
        #expect(try client.answer() == "HTTP/1.1 200 OK\r\n\r\n")
    }

    @Test("a source of no bytes is answered and the connection goes on: a probe with a password")
    func emptySource() throws {
        let client = try SourceClient()
        try client.send(self.put("Content-Length: 0"))
        #expect(try client.answer().contains("Connection: keep-alive\r\n"))
        #expect(client.desk.sink("t")?.ends == [.finished])
        try client.send(self.put(), TestAudio.frames(8))
        #expect(try client.answer() == "HTTP/1.1 200 OK\r\n\r\n")
        #expect(client.desk.sink("t")?.frames.count == 8)
    }

    @Test("V14: a title is applied before the reply, so a client that hangs up has still set it")
    func metadata() throws {
        let client = try SourceClient()
        let target = "/admin/metadata?mode=updinfo&mount=/t&song=A%20-%20B"
        try client.send("GET \(target) HTTP/1.0\r\n\(self.authorization)\r\n\r\n")
        #expect(client.desk.updates.map(\.text) == ["A - B"])
        try client.channel.close().wait()
        let answer = try client.answer()
        #expect(answer.hasPrefix("HTTP/1.0 200 OK\r\nContent-Type: text/xml"))
        let success = "<message>Metadata update successful</message><return>1</return>"
        #expect(answer.contains("<?xml version=\"1.0\"?>\n<iceresponse>\(success)</iceresponse>\n"))
    }

    @Test("a title may come by POST, in a form; the connection can carry several by GET")
    func metadataForms() throws {
        let client = try SourceClient()
        let form = "song=From+a+form&mount=%2Ft"
        for target in ["mount=/t&song=1", "mount=t&song=2"] {
            try client.send("GET /admin/metadata?\(target) HTTP/1.1\r\n\(self.authorization)\r\n\r\n")
        }
        try client.send("POST /admin/metadata?mode=updinfo HTTP/1.1\r\n\(self.authorization)\r\n")
        try client.send("Content-Length: \(form.utf8.count)\r\n\r\n\(form.prefix(5))")
        try client.send(String(form.dropFirst(5)))
        #expect(client.desk.updates.map(\.text) == ["1", "2", "From a form"])
        #expect(try client.answer().components("<return>1</return>") == 3)
    }

    @Test("what is not for this port is told so")
    func elsewhere() throws {
        for (line, status) in [
            ("GET / HTTP/1.1", "404 Not Found"), ("GET /t HTTP/1.1", "404 Not Found"),
            ("POST /t HTTP/1.1", "404 Not Found"),
            ("DELETE /t HTTP/1.1", "405 Method Not Allowed"), ("PLAY /t HTTP/1.1", "405 Method Not Allowed"),
            ("PUT /t HTTP/1.1\r\nExpect: cake", "417 Expectation Failed"), ("GET /t HTTP/3.0", "505 HTTP Version"),
            ("PUT /t HTTP/1.1\r\nTransfer-Encoding: gzip", "501 Not Implemented"),
        ] {
            let client = try SourceClient()
            try client.send("\(line)\r\n\r\n")
            #expect(try client.answer().contains(" \(status)"), "\(line)")
            #expect(client.desk.requests.isEmpty)
        }
        let head = try SourceClient()
        try head.send("HEAD /t HTTP/1.1\r\n\r\n")
        #expect(try head.answer().hasSuffix("\r\n\r\n"))
    }
}

extension String {
    /// How often a text occurs.
    fileprivate func components(_ text: String) -> Int {
        var (count, rest) = (0, self[...])
        while let range = rest.firstRange(of: text) {
            count += 1
            rest = rest[range.upperBound...]
        }
        return count
    }
}

// SourceHandlerShoutcastTests: SHOUTcast v1 encoders, and their titles (legacy-streaming A.3 and A.20).

import Ingest
import NIOCore
import Segmenter
import Testing
import Wire

@Suite("SourceHandler, SHOUTcast")
struct SourceHandlerShoutcastTests {
    private let welcome = "OK2\r\nicy-caps:11\r\n\r\n"
    private let refusal = "invalid password\r\n"

    @Test("V6: password, headers and audio in one packet, with bare LF")
    func pipelined() throws {
        let client = try SourceClient()
        try client.send("hackme\nicy-name:T\nicy-br:128\n\n", TestAudio.frames(10))
        #expect(try client.answer() == self.welcome)
        try client.send(TestAudio.frames(1))
        client.closeInput()
        let sink = try #require(client.desk.sink("t"))
        #expect(sink.frames.map { Array($0.bytes.readableBytesView) } == Array(repeating: TestAudio.frame, count: 11))
        #expect(sink.ends == [.closedByPeer])
        #expect(client.isClosed)
        #expect(try client.answer() == "")
        let request = try #require(client.desk.requests.first)
        #expect(request.mount == nil && request.protocol == .shoutcast && request.peer == "192.0.2.7")
        #expect(request.description.name == "T" && request.description.bitrate == 128)
    }

    @Test("V7: a wrong password is told so, and what comes behind it is read over")
    func wrongPassword() throws {
        let client = try SourceClient()
        try client.send("wrong\r\n")
        #expect(try client.answer() == self.refusal)
        #expect(client.socket.hasClosedOutput && !client.isClosed)
        try client.send("icy-name:T\r\n\r\n", TestAudio.frames(100))
        #expect(try client.answer() == "")
        client.pass(.seconds(2))
        #expect(client.isClosed)
        #expect(client.desk.requests.isEmpty)
    }

    @Test("a password is answered before headers come, whatever ends its line", arguments: ["\n", "\r\n", "\r\r\n"])
    func conversation(end: String) throws {
        let client = try SourceClient()
        try client.send("hackme")
        #expect(try client.answer() == "" && client.desk.logins.isEmpty)
        try client.send(end)
        #expect(try client.answer() == self.welcome)
        #expect(client.desk.requests.isEmpty)
        let headers = [
            "content-type:audio/mpeg", "icy-name: My Radio ", "icy-genre:News", "icy-url: http://x/?a:b", "icy-pub:1",
            "Icy-Br: 128", "icy-irc:", "icy-reset:1", "not a header", "icy-name:Second", "", "",
        ]
        try client.send(headers.joined(separator: end))
        let request = try #require(client.desk.requests.first)
        #expect(request.contentType == "audio/mpeg" && request.description.name == "My Radio")
        #expect(request.description.genre == "News" && request.description.url == "http://x/?a:b")
        #expect(request.description.isPublic && request.description.bitrate == 128)
        #expect(request.credentials == BasicCredentials(user: "source", password: "hackme"))
        try client.send(TestAudio.frames(8))
        #expect(try client.answer() == "")
        #expect(client.desk.sink("t")?.frames.count == 8)
    }

    @Test("there may be no headers but the blank line")
    func noHeaders() throws {
        let client = try SourceClient()
        try client.send("hackme\r\n")
        try client.send("\r\n", TestAudio.frames(8))
        #expect(client.desk.sink("t")?.frames.count == 8)
    }

    @Test("libshout's poke is refused as a probe without credentials, which is no news")
    func poke() throws {
        let client = try SourceClient()
        try client.send("!POKE\nicy-name:libshout server poke request\n\n")
        #expect(try client.answer() == self.refusal)
        #expect(client.desk.logins.map(\.credentials) == [nil])
    }

    @Test("names in Latin-1 become UTF-8")
    func latin1() throws {
        let client = try SourceClient()
        try client.send(Array("hackme\r\nicy-name:Caf".utf8) + [0xE9] + Array("\r\n\r\n".utf8))
        #expect(client.desk.requests.first?.description.name == "Café")
    }

    @Test("a password chooses its mount by name, by being the root's, or not at all")
    func mounts() throws {
        func sends(_ password: String, root: String?) throws -> (answer: String, desk: RecordingDesk) {
            let client = try SourceClient(RecordingDesk(mounts: ["a", "b"], root: root))
            try client.send("\(password)\n\n", TestAudio.frames(8))
            return (try client.answer(), client.desk)
        }
        let named = try sends("b:hackme", root: "a")
        #expect(named.answer == self.welcome && named.desk.sink("b")?.frames.count == 8)
        let root = try sends("hackme", root: "a")
        #expect(root.answer == self.welcome && root.desk.sink("a")?.frames.count == 8)
        for password in ["hackme", "c:hackme", "b:wrong", ":hackme"] {
            let refused = try sends(password, root: nil)
            #expect(refused.answer == self.refusal && refused.desk.requests.isEmpty, "\(password)")
        }
    }

    @Test("a source that is refused after its headers is hung up on: it has been told OK2")
    func refusedLate() throws {
        let desk = RecordingDesk()
        let first = try SourceClient(desk)
        let second = try SourceClient(desk)
        try first.send("hackme\n")
        try second.send("hackme\n")
        try first.send("\n", TestAudio.frames(8))
        try second.send("\n", TestAudio.frames(8))
        #expect(try second.answer() == self.welcome)
        #expect(second.isClosed && !first.isClosed)
        #expect(desk.sink("t")?.frames.count == 8 && desk.sink("t")?.ends == [])
    }

    @Test("a password has 15 s to come, and the headers 15 s from its answer")
    func timeLimits() throws {
        let dribbling = try SourceClient()
        for byte in Array("hackmehackmeha".utf8) {
            try dribbling.send([byte])
            dribbling.pass(.seconds(1))
        }
        #expect(try dribbling.answer() == "")
        dribbling.pass(.seconds(1))
        #expect(try dribbling.answer() == self.refusal)
        dribbling.pass(.seconds(2))
        #expect(dribbling.isClosed)

        let silent = try SourceClient()
        silent.pass(.seconds(14))
        try silent.send("hackme\n")
        silent.pass(.milliseconds(14_999))
        #expect(!silent.isClosed)
        silent.pass(.milliseconds(1))
        #expect(silent.isClosed)
        #expect(try silent.answer() == self.welcome)
    }

    @Test("an accepted source is ended like any other: by silence, by the server, by what is no audio")
    func endings() throws {
        let silent = try SourceClient()
        try silent.send("hackme\n\n", TestAudio.frames(8))
        silent.pass(.seconds(10))
        #expect(silent.desk.sink("t")?.ends == [.timedOut] && silent.isClosed)

        let kicked = try SourceClient()
        try kicked.send("hackme\n\n", TestAudio.frames(8))
        try #require(kicked.desk.controls.first).close(reason: "Kicked.")
        #expect(kicked.desk.sink("t")?.ends == [.stopped(reason: "Kicked.")] && kicked.isClosed)

        let text = try SourceClient()
        try text.send("hackme\n\n" + String(repeating: "This is no audio at all.\n", count: 4000))
        #expect(text.desk.sink("t")?.ends.count == 1 && text.isClosed)
        #expect(try text.answer() == self.welcome)
    }

    @Test("a connection closed by half before its audio is closed", arguments: ["hack", "hackme\n", "hackme\nicy-br:"])
    func halfOpen(sent: String) throws {
        let client = try SourceClient()
        try client.send(sent)
        client.closeInput()
        #expect(client.isClosed)
        #expect(client.desk.requests.isEmpty)
    }

    @Test(
        "a password that is none is refused as soon as that is seen",
        arguments: [
            [UInt8](repeating: 120, count: 1 << 20), [0], Array("hackme\0\n".utf8), Array("hack\rme\n".utf8),
            [0x5A, 0x00, 0x10, 0x01], [0xFF, 0xFB, 0x94, 0xC0, 0x00], [UInt8](repeating: 0, count: 1 << 20),
        ]
    )
    func hostilePasswords(bytes: [UInt8]) throws {
        let client = try SourceClient()
        try client.send(bytes)
        #expect(try client.answer() == self.refusal)
        for _ in 0..<50 { try client.send([UInt8](repeating: 120, count: 10_000)) }
        #expect(try client.answer() == "")
        client.pass(.seconds(2))
        #expect(client.isClosed)
        #expect(client.desk.logins.isEmpty)
    }

    @Test("a password is no longer than its limit, to the byte")
    func passwordLength() throws {
        var limits = SourceConnectionLimits()
        limits.passwordBytes = 6
        let fits = try SourceClient(limits: limits)
        try fits.send("hackme\r\n")
        #expect(try fits.answer() == self.welcome)
        limits.passwordBytes = 5
        let tooLong = try SourceClient(limits: limits)
        try tooLong.send("hackme")
        #expect(try tooLong.answer() == self.refusal)
    }

    @Test(
        "headers without end are hung up on at the request parser's limits",
        arguments: ["icy-name:x", "icy-name:x\n", "\u{0}", "x\n"]
    )
    func flood(filler: String) throws {
        let client = try SourceClient()
        try client.send("hackme\n")
        try client.send(String(repeating: filler, count: (1 << 20) / filler.utf8.count))
        #expect(try client.answer() == self.welcome)
        #expect(client.isClosed)
        #expect(client.desk.requests.isEmpty)
    }

    @Test("as many headers as the limits allow are taken, and not one more")
    func headerLimits() throws {
        for (count, isTaken) in [(64, true), (65, false)] {
            let client = try SourceClient()
            try client.send("hackme\n" + String(repeating: "x:y\n", count: count) + "\n")
            #expect(client.desk.requests.isEmpty != isTaken)
        }
        for (count, isTaken) in [(8192, true), (8193, false)] {
            let client = try SourceClient()
            try client.send("hackme\n" + "icy-name:" + String(repeating: "x", count: count - 9) + "\n\n")
            #expect(client.desk.requests.isEmpty != isTaken)
        }
    }

    @Test("V15: a title comes beside the audio, Latin-1 or not, from a browser or not, and is answered in HTML")
    func titles() throws {
        let agent = "User-Agent: ShoutcastDSP (Mozilla Compatible)"
        for (end, song, text) in [("\r\n", "%E9", "é"), ("\n", "A%20-%20%C3%A9", "A - é"), ("\n", "x+y", "x y")] {
            let client = try SourceClient()
            let lines = ["GET /admin.cgi?pass=hackme&mode=updinfo&song=\(song)&url=&sid=1 HTTP/1.0", agent, "", ""]
            try client.send(lines.joined(separator: end))
            #expect(client.desk.updates.map(\.text) == [text] && client.desk.updates.first?.mount == nil)
            let answer = try client.answer()
            #expect(answer.hasPrefix("HTTP/1.0 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n"))
            #expect(answer.contains("Metadata update successful") && client.socket.hasClosedOutput)
        }
        let raw = try SourceClient()
        let head = Array("GET /admin.cgi?pass=hackme&mode=updinfo&song=".utf8)
        try raw.send(head + [0xE9] + Array(" HTTP/1.0\r\n\r\n".utf8))
        #expect(raw.desk.updates.map(\.text) == ["é"])
    }

    @Test("a title is applied before it is answered, so a client that hangs up has still set it")
    func titleOfTheImpatient() throws {
        let client = try SourceClient()
        try client.send("GET /admin.cgi?pass=t:hackme&mode=updinfo&song=A&url=http%3A%2F%2Fx HTTP/1.0\r\n\r\n")
        try client.channel.close().wait()
        #expect(client.desk.updates.map(\.text) == ["A"] && client.desk.updates.map(\.url) == ["http://x"])
    }

    @Test("a title with a wrong password is 401, with one that opens several mounts 403")
    func refusedTitles() throws {
        func answer(_ query: String, mounts: Set<String>) throws -> String {
            let client = try SourceClient(RecordingDesk(mounts: mounts))
            try client.send("GET /admin.cgi?\(query)&mode=updinfo&song=x HTTP/1.0\r\n\r\n")
            #expect(client.desk.updates.isEmpty)
            return try client.answer()
        }
        for query in ["pass=wrong", "pass=", "sid=1", "pass=t:wrong"] {
            let answer = try answer(query, mounts: ["t"])
            #expect(answer.hasPrefix("HTTP/1.0 401 Unauthorized\r\nContent-Type: text/html"), "\(query)")
        }
        #expect(try answer("pass=hackme", mounts: ["a", "b"]).hasPrefix("HTTP/1.0 403 Forbidden\r\n"))
    }
}

// ListenerPortHandlerTests: one connection, request after request.

import LegacyOutputs
import NIOCore
import NIOEmbedded
import Segmenter
import Testing

@testable import Origin

@Suite struct ListenerPortHandlerTests {
    private let station: Station
    private let encoder: Encoder

    init() throws {
        var definition = StreamDefinition.test()
        definition.metadataInterval = 1_000
        (self.station, self.encoder) = try Station.playing(30, [definition])
    }

    private func segment(_ back: Int64 = 1) throws -> String {
        let slot = try #require(self.station.stream.store.lastCompleteSlot)
        return "/test/packed/5760-960/\(slot - back).mp3"
    }

    private func get(_ path: String, _ headers: String...) -> String {
        "GET \(path) HTTP/1.1\r\nHost: a\r\n" + headers.map { $0 + "\r\n" }.joined() + "\r\n"
    }

    @Test("requests in one packet are answered in order, on one connection")
    func pipelining() throws {
        let client = try Client(self.station)
        let paths = ["/test.m3u8", "/nowhere", try self.segment(), "/test/master.m3u8", "/test.pls"]
        try client.send(paths.map { self.get($0) }.joined())
        #expect(client.responses.map(\.status) == [200, 404, 200, 200, 200])
        let types = client.responses.map { $0.headers["content-type"]?.split(separator: "/").last }
        #expect(types == ["vnd.apple.mpegurl", "problem+json", "mpeg", "vnd.apple.mpegurl", "x-scpls"])
        #expect(client.isOpen)
    }

    @Test("a request that arrives byte by byte is answered as any other")
    func dribble() throws {
        let client = try Client(self.station)
        for byte in (self.get("/test.m3u8") + self.get("/nowhere")).utf8 {
            try client.channel.writeInbound(ByteBuffer(bytes: [byte]))
        }
        #expect(client.responses.map(\.status) == [200, 404] && client.isOpen)
    }

    @Test("a connection lasts as long as its requests ask")
    func keepAlive() throws {
        for (request, isOpen) in [
            (self.get("/test.m3u8"), true), (self.get("/test.m3u8", "Connection: close"), false),
            ("GET /test.m3u8 HTTP/1.0\r\n\r\n", false),
            ("GET /test.m3u8 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", true),
            ("GET /nowhere HTTP/1.0\r\n\r\n", false), (self.get("/nowhere", "Connection: close"), false),
        ] {
            let client = try Client(self.station)
            try client.send(request)
            let response = try #require(client.responses.first)
            #expect(client.isOpen == isOpen)
            #expect((response.headers["connection"] == "close") == !isOpen)
            #expect(response.headers["date"]?.hasSuffix("GMT") == true && response.headers["server"] != nil)
        }
    }

    @Test("an old client that asks to be kept is told whether it is, in errors too (RFC 9112 §9.3)")
    func keepAliveOfOldClients() throws {
        let client = try Client(self.station)
        try client.send("GET /test.m3u8 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        try client.send("GET /nowhere HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        let connections = client.responses.map(\.headers["connection"])
        #expect(connections.first == "keep-alive")
        #expect(connections.last == "keep-alive" || !client.isOpen)
    }

    @Test("a request with a body is answered, and the connection ends")
    func bodies() throws {
        let heads = [
            "POST /test HTTP/1.1\r\nContent-Length: 5", "GET /test.m3u8 HTTP/1.1\r\nTransfer-Encoding: chunked",
        ]
        for head in heads {
            let client = try Client(self.station)
            try client.send(head + "\r\n\r\n5\r\nGET / HTTP/1.1\r\n\r\n")
            #expect(client.responses.count == 1 && !client.isOpen)
            #expect(client.responses.first?.headers["connection"] == "close")
        }
    }

    @Test(
        "what cannot be read is refused, and the connection ends",
        arguments: [
            ("\u{16}\u{3}\u{1}\u{2}\u{0}\r\n\r\n", 400), ("GET /test\r\n\r\n", 400),
            ("GET /test HTTP/3.0\r\n\r\n", 505),
            ("GET /test HTTP/1.1\r\nA: b\r\n c\r\n\r\n", 400),
            ("POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
            ("GET / HTTP/1.1\r\nA: " + String(repeating: "x", count: 9_000), 431),
            ("GET /" + String(repeating: "x", count: 9_000), 414),
            ("GET / HTTP/1.1\r\n" + String(repeating: "A: b\r\n", count: 100), 431),
        ]
    )
    func malformed(text: String, status: Int) throws {
        let client = try Client(self.station)
        try client.send(text)
        #expect(client.responses.map(\.status) == [status] && !client.isOpen)
    }

    @Test("an endless head is refused at its limit, byte by byte too, and no more of it is held")
    func endlessHead() throws {
        let client = try Client(self.station)
        var sent = 0
        while client.isOpen, sent < 20_000 {
            try client.channel.writeInbound(ByteBuffer(bytes: [sent == 0 ? 0x47 : 0x41]))
            sent += 1
        }
        #expect(sent == 8_192 && client.responses.map(\.status) == [414])
    }

    @Test("an answer that is larger than the socket's buffer arrives whole before the connection ends")
    func closesBehindTheAnswer() throws {
        let client = try Client(self.station, window: 0)
        try client.send(self.get(try self.segment(), "Connection: close"))
        #expect(client.isOpen)
        for _ in 0..<40 { client.socket.take(2_500) }
        #expect(client.isOpen == (client.responses.isEmpty))
        client.socket.take(.max)
        #expect(client.responses.map(\.status) == [200] && !client.isOpen)
    }

    @Test("a client that does not take its answers is neither answered nor read further")
    func unwritable() throws {
        let client = try Client(self.station, window: 0)
        let request = self.get(try self.segment())
        try client.send(String(repeating: request, count: 50))
        let reads = client.socket.reads
        #expect(client.socket.most < 64 * 1_024 + 100_000)
        for _ in 0..<5 { client.channel.read() }
        #expect(client.socket.reads == reads)
        client.socket.take(.max)
        #expect(client.responses.count == 50 && client.responses.allSatisfy { $0.status == 200 })
        #expect(client.socket.reads == reads + 1)
    }

    @Test("a slow client's requests stay in its own memory: it is read only when its answers have gone out")
    func notReadWhileAnswersWait() throws {
        let client = try Client(self.station, window: 0)
        let request = self.get(try self.segment())
        try client.send(String(repeating: request, count: 50))
        for _ in 0..<20 {
            client.channel.read()
            client.socket.take(95_000)
        }
        #expect(client.socket.readsWhileUnwritable == 0)
    }

    @Test("a listener gets a head, a burst, and then each part", arguments: ["GET", "HEAD"])
    func listener(method: String) throws {
        let client = try Client(self.station)
        try client.send("\(method) /test HTTP/1.1\r\nHost: a\r\n\r\n")
        var bytes = client.socket.taken
        let head = try #require(Response(from: &bytes, isHead: true))
        #expect(head.status == 200 && head.headers["content-type"] == "audio/mpeg")
        #expect(head.headers["icy-metaint"] == nil)
        #expect(client.isOpen == (method == "GET"))
        #expect(try self.station.stream.fanout.count == (method == "GET" ? 1 : 0))
        guard method == "GET" else {
            #expect(bytes.readableBytes == 0)
            return
        }
        let burst = bytes.readableBytes
        #expect(burst % 384 == 0 && abs(burst - 160_000) < 800)
        self.station.play(10, self.encoder)
        #expect(client.socket.taken.readableBytes - head.body.readableBytes > burst + 140_000)
    }

    @Test(
        "titles go to those who ask for them",
        arguments: [
            ("Icy-MetaData: 1", true), ("icy-metadata:1", true), ("Icy-MetaData: 0", false), ("Icy-MetaData: x", false),
        ]
    )
    func titles(header: String, isFramed: Bool) throws {
        let client = try Client(self.station)
        try client.send(self.get("/test", header))
        #expect(client.text.contains("icy-metaint: 1000\r\n") == isFramed)
        #expect(client.text.contains("StreamTitle='") == isFramed)
    }

    @Test("a listener's time is in its head; a time that cannot be had is a problem, and the connection goes on")
    func times() throws {
        let client = try Client(self.station)
        try client.send(self.get("/test?timestamp=5") + self.get("/test?offset=x"))
        #expect(client.responses.map(\.status) == [404, 400] && client.isOpen)
        try client.send(self.get("/test?offset=20"))
        #expect(client.text.contains("X-Start-Time: 20"))
        #expect(try self.station.stream.fanout.count == 1)
    }

    @Test("what follows a listener's request is dropped, half a request too, and its stream goes on")
    func pipelinedBehindAListener() throws {
        let client = try Client(self.station)
        try client.send(self.get("/nowhere") + self.get("/test") + self.get("/test.m3u8") + "GET /te")
        try client.send("st HTTP/1.1\r\n\r\n")
        #expect(client.responses.first?.status == 404)
        let before = client.socket.taken.readableBytes
        self.station.play(70, self.encoder)
        #expect(client.isOpen && client.socket.taken.readableBytes > before + 1_000_000)
        #expect(client.text.components(of: "HTTP/1.") == 2)
        #expect(try self.station.stream.fanout.count == 1)
    }

    @Test("a client that becomes a listener while its socket is full gets all its answers first")
    func listenerBehindAnswers() throws {
        let client = try Client(self.station, window: 0)
        try client.send(self.get(try self.segment()) + self.get(try self.segment(2)) + self.get("/test"))
        #expect(try self.station.stream.fanout.count == 0)
        client.socket.take(.max)
        #expect(try self.station.stream.fanout.count == 1)
        #expect(client.responses.prefix(3).map(\.status) == [200, 200, 200])
        let before = client.socket.taken.readableBytes
        self.station.play(5, self.encoder)
        #expect(client.socket.taken.readableBytes > before)
    }

    @Test("a listener that leaves is forgotten; a reset is no error")
    func leaving() throws {
        let clients = try (0..<2).map { _ in try Client(self.station) }
        for client in clients { try client.send(self.get("/test")) }
        #expect(try self.station.stream.fanout.count == 2)
        clients[0].channel.close(promise: nil)
        clients[1].channel.pipeline.fireErrorCaught(IOError(errnoCode: 104, reason: "reset"))
        #expect(try self.station.stream.fanout.count == 0)
        let idle = try Client(self.station)
        idle.channel.pipeline.fireErrorCaught(IOError(errnoCode: 104, reason: "reset"))
        #expect(!idle.isOpen)
    }
}

extension String {
    /// How often a text occurs.
    fileprivate func components(of text: String) -> Int { self.ranges(of: text).count }
}

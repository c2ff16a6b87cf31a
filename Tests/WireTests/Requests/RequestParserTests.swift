// RequestParserTests: heads from whatever arrives, in whatever pieces.

import NIOCore
import Testing

@testable import Wire

@Suite("RequestParser")
struct RequestParserTests {
    private static let heads = [
        "GET /test.m3u8?offset=90 HTTP/1.1\r\nHost: example.org\r\nConnection: keep-alive\r\n\r\n",
        "SOURCE /t ICE/1.0\nauthorization: Basic YTpi\ncontent-type:audio/mpeg\n\n\u{1}\u{2}audio",
        "SOURCE /t HTTP/1.0\r\r\nice-name: N\r\r\n\r\r\n",
        "\r\n\nOPTIONS * HTTP/1.1\r\n\r\nGET / HTTP/1.0\r\n\r\nGET",
        "GET  / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n",
        "GET / HTTP/2.0\r\n\r\n",
        "GET / HTTP/1.1\r\nA: b\rc\r\n\r\n",
    ]

    @Test("every split of the same bytes gives the same heads, rest and error", arguments: Self.heads)
    func splitsDoNotMatter(text: String) {
        let bytes = Array(text.utf8)
        let whole = RequestReading(text)
        #expect(!whole.heads.isEmpty || whole.error != nil)
        for first in 0...bytes.count {
            for second in first...bytes.count {
                let pieces = [bytes[..<first], bytes[first..<second], bytes[second...]]
                #expect(RequestReading(pieces) == whole, "split at \(first) and \(second)")
            }
        }
        #expect(RequestReading(bytes.indices.map { bytes[$0...$0] }) == whole)
    }

    @Test("what follows a head stays in the buffer, in the same memory")
    func leavesTheRest() throws {
        var parser = RequestParser()
        var buffer = ByteBuffer(string: "SOURCE /t HTTP/1.0\r\n\r\nAUDIO")
        let before = buffer.withUnsafeReadableBytes { $0.baseAddress }
        let request = try #require(try parser.next(from: &buffer))
        #expect(request.method == .source)
        #expect(String(buffer: buffer) == "AUDIO")
        let after = buffer.withUnsafeReadableBytes { $0.baseAddress }
        #expect(after == before.map { $0 + 22 })
    }

    @Test("each of the three line ends will do, and they may be mixed")
    func lineEnds() {
        let reading = RequestReading("PUT /m HTTP/1.1\nHost: h\r\nice-name: n\r\r\n\nrest")
        #expect(reading.heads == [#"PUT /m http11 2 ["h", "-", "n", "-", "-"]"#])
        #expect(reading.rest == "rest")
    }

    @Test(
        "what is not a request is refused, with the status that says why",
        arguments: [
            ("GET /\r\n\r\n", Status.badRequest),
            ("hackme\r\n", .badRequest),
            ("GET / HTTP/1.1 x\r\n", .badRequest),
            (" GET / HTTP/1.1\r\n", .badRequest),
            ("GET /a b HTTP/1.1\r\n", .badRequest),
            ("GET\t/ HTTP/1.1\r\n", .badRequest),
            ("G(T / HTTP/1.1\r\n", .badRequest),
            ("GET a HTTP/1.1\r\n", .badRequest),
            ("CONNECT h:80 HTTP/1.1\r\n", .badRequest),
            ("GET * HTTP/1.1\r\n", .badRequest),
            ("GET http://h?x HTTP/1.1\r\n", .badRequest),
            ("GET / HTTP/1.1x\r\n", .badRequest),
            ("GET / RTSP/1.0\r\n", .badRequest),
            ("GET / http/1.1\r\n", .badRequest),
            ("GET / HTTP/2.0\r\n", .versionNotSupported),
            ("GET / ICE/2.0\r\n", .versionNotSupported),
            ("GET /\u{0} HTTP/1.1\r\n", .badRequest),
            ("\u{16}\u{3}\u{1}", .badRequest),
            ("\n\n\n\n\nGET / HTTP/1.1\r\n\r\n", .badRequest),
            ("GET / HTTP/1.1\r\nNo colon\r\n", .badRequest),
            ("GET / HTTP/1.1\r\nName : v\r\n", .badRequest),
            ("GET / HTTP/1.1\r\n: v\r\n", .badRequest),
            ("GET / HTTP/1.1\r\nA: b\r\n\tc\r\n", .badRequest),
            ("GET / HTTP/1.1\r\nA: b\u{0}\r\n", .badRequest),
            ("GET / HTTP/1.1\r\nA: b\u{7F}\r\n", .badRequest),
            ("GET / HTTP/1.1\r\nNäme: v\r\n", .badRequest),
            ("GET / HTTP/1.1\r\n\r\r\r\n", .badRequest),
        ]
    )
    func refusals(text: String, status: Status) {
        let reading = RequestReading(text)
        #expect(reading.heads.isEmpty)
        #expect(reading.error?.status == status)
    }

    @Test("a head of exactly the limit is taken, one byte more is not")
    func headLimit() {
        let frame = "GET / HTTP/1.1\r\nA: \r\n\r\n"
        let filler = String(repeating: "x", count: 8192 - frame.utf8.count)
        #expect(RequestReading("GET / HTTP/1.1\r\nA: \(filler)\r\n\r\n").heads.count == 1)
        #expect(RequestReading("GET / HTTP/1.1\r\nA: \(filler)x\r\n\r\n").error?.status == .headTooLarge)
    }

    @Test("64 headers are taken, 65 are not")
    func headerLimit() {
        let flood = String(repeating: "A: b\r\n", count: 64)
        #expect(RequestReading("GET / HTTP/1.1\r\n\(flood)\r\n").heads.count == 1)
        #expect(RequestReading("GET / HTTP/1.1\r\n\(flood)A: b\r\n\r\n").error?.status == .headTooLarge)
    }

    @Test("a megabyte without an end is refused at the limit: a request line with 414, headers with 431")
    func noEnd() {
        let flood = String(repeating: "a", count: 1 << 20)
        #expect(RequestReading("GET /\(flood)").error?.status == .targetTooLong)
        #expect(RequestReading("GET / HTTP/1.1\r\nA: \(flood)").error?.status == .headTooLarge)
        #expect(RequestReading(String(repeating: "\t", count: 1 << 20)).error?.status == .targetTooLong)
    }

    @Test("after an error nothing more is read")
    func errorsAreFinal() {
        var parser = RequestParser()
        var buffer = ByteBuffer(string: "nonsense\r\n")
        #expect(throws: WireError.self) { try parser.next(from: &buffer) }
        buffer = ByteBuffer(string: "GET / HTTP/1.1\r\n\r\n")
        #expect(throws: WireError.self) { try parser.next(from: &buffer) }
    }

    @Test("heads that dribble in byte by byte cost no more than their length", .timeLimit(.minutes(1)))
    func dribble() throws {
        let filler = String(repeating: "x", count: 8000)
        let bytes = Array("GET / HTTP/1.1\r\nA: \(filler)\r\n\r\n".utf8)
        var parser = RequestParser()
        var buffer = ByteBuffer()
        var requests = 0
        let start = ContinuousClock.now
        for _ in 0..<20 {
            for byte in bytes {
                buffer.writeInteger(byte)
                if try parser.next(from: &buffer) != nil { requests += 1 }
            }
        }
        #expect(requests == 20)
        // Linear: 160,000 steps. Quadratic would be 640 million bytes looked at, minutes in a debug build.
        #expect(ContinuousClock.now - start < .seconds(10))
    }

    @Test("random bytes and random damage never crash it, hang it, or depend on how they are split")
    func fuzz() {
        var random = SeededGenerator(seed: 20_26)
        let alphabet = Array("GET /t HTTP/1.1\r\n: \t\u{0}\r\r\n\nPUT*?".utf8)
        let start = ContinuousClock.now
        var rounds = 0
        while rounds < 4000, ContinuousClock.now - start < .seconds(4) {
            rounds += 1
            var bytes: [UInt8]
            if Bool.random(using: &random) {
                bytes = (0..<Int.random(in: 0...80, using: &random)).map { _ in
                    alphabet.randomElement(using: &random) ?? 0
                }
            } else {
                bytes = Array((Self.heads.randomElement(using: &random) ?? "").utf8)
                let place = Int.random(in: 0..<bytes.count, using: &random)
                bytes[place] = UInt8.random(in: 0...255, using: &random)
            }
            let cut = Int.random(in: 0...bytes.count, using: &random)
            #expect(RequestReading([bytes[...]]) == RequestReading([bytes[..<cut], bytes[cut...]]), "\(bytes)")
        }
        #expect(rounds > 100)
    }
}

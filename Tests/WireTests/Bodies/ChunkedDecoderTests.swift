// ChunkedDecoderTests: chunks undone, hostile ones refused.

import NIOCore
import Testing

@testable import Wire

@Suite("ChunkedDecoder")
struct ChunkedDecoderTests {
    private struct Reading: Equatable {
        var body: [UInt8] = []
        var isEnded = false
        var error: WireError?
        var rest: [UInt8] = []

        init(_ pieces: [ArraySlice<UInt8>]) {
            var decoder = ChunkedDecoder()
            var buffer = ByteBuffer()
            do throws(WireError) {
                for piece in pieces {
                    buffer.writeBytes(piece)
                    reading: while let found = try decoder.next(from: &buffer) {
                        switch found {
                        case .bytes(let bytes): self.body += bytes.readableBytesView
                        case .end: self.isEnded = true
                        }
                    }
                }
            } catch {
                self.error = error
            }
            if self.error == nil { self.rest = Array(buffer.readableBytesView) }
        }

        init(_ text: String) {
            self.init([ArraySlice(text.utf8)])
        }
    }

    private static let bodies = [
        "5\r\nhello\r\n6;x=\"y\"\r\n world\r\n0\r\n\r\nGET /",
        "5\nhello\n0\n\nrest",
        "00A \t\r\n0123456789\r\n0;last\r\nTrailer: x\r\nOther: y\r\n\r\n",
        "3\r\nabcX",
        "g\r\n",
        "FFFFFFFFFF\r\n",
    ]

    @Test("every split of the same bytes gives the same body, rest and error", arguments: Self.bodies)
    func splitsDoNotMatter(text: String) {
        let bytes = Array(text.utf8)
        let whole = Reading(text)
        for first in 0...bytes.count {
            for second in first...bytes.count {
                let pieces = [bytes[..<first], bytes[first..<second], bytes[second...]]
                #expect(Reading(pieces) == whole, "split at \(first) and \(second)")
            }
        }
    }

    @Test("the body ends where it says, and what follows is left")
    func whole() {
        let reading = Reading(Self.bodies[0])
        #expect(reading.body == Array("hello world".utf8))
        #expect(reading.isEnded)
        #expect(reading.rest == Array("GET /".utf8))
        #expect(Reading(Self.bodies[2]).body == Array("0123456789".utf8))
        #expect(Reading(Self.bodies[2]).isEnded)
    }

    @Test("data is given out as a slice of what came in")
    func slices() throws {
        var buffer = ByteBuffer(string: "5\r\nhello\r\n")
        let start = buffer.withUnsafeReadableBytes { $0.baseAddress }
        var decoder = ChunkedDecoder()
        guard case .bytes(let data) = try #require(try decoder.next(from: &buffer)) else {
            Issue.record("no bytes")
            return
        }
        #expect(data.withUnsafeReadableBytes { $0.baseAddress } == start.map { $0 + 3 })
    }

    @Test(
        "what is not chunks is refused",
        arguments: [
            "\r\n", ";x\r\n", "-1\r\n", "0x5\r\n", " 5\r\n", "5\rX", "5\r\nhelloworld", "5\r\nhello\rX", "80000000\r\n",
            "00000000000000005\r\n", "5;\u{0}\r\n", "0\r\nA\u{1}\r\n", "0\r\n\rX",
        ]
    )
    func refusals(text: String) {
        #expect(Reading(text).error != nil)
        #expect(!Reading(text).isEnded)
    }

    @Test("an extension, or a trailer, without an end is refused; trailers are counted together")
    func unbounded() {
        #expect(Reading("5;" + String(repeating: "x", count: 2000)).error?.status == .badRequest)
        #expect(Reading("5;" + String(repeating: "x", count: 900) + "\r\n").error == nil)
        #expect(Reading("0\r\n" + String(repeating: "A: b\r\n", count: 3000)).error?.status == .badRequest)
        #expect(Reading("0\r\n" + String(repeating: "A: b\r\n", count: 1000) + "\r\n").isEnded)
    }

    @Test("a decoder that has failed stays failed, one that has ended stays silent")
    func finality() throws {
        var failed = ChunkedDecoder()
        var buffer = ByteBuffer(string: "zz")
        #expect(throws: WireError.self) { try failed.next(from: &buffer) }
        buffer = ByteBuffer(string: "1\r\na\r\n")
        #expect(throws: WireError.self) { try failed.next(from: &buffer) }
        var ended = ChunkedDecoder()
        buffer = ByteBuffer(string: "0\r\n\r\n1\r\na\r\n")
        #expect(try ended.next(from: &buffer) == .end)
        #expect(try ended.next(from: &buffer) == nil)
        #expect(buffer.readableBytes == 6)
    }

    @Test("random chunks come back whole, random damage never crashes or depends on the split")
    func fuzz() {
        var random = SeededGenerator(seed: 99)
        let start = ContinuousClock.now
        for round in 0..<1500 where ContinuousClock.now - start < .seconds(4) {
            var (body, wire): ([UInt8], [UInt8]) = ([], [])
            for _ in 0..<Int.random(in: 0...4, using: &random) {
                let chunk = (0..<Int.random(in: 1...30, using: &random)).map { _ in
                    UInt8.random(in: 0...255, using: &random)
                }
                body += chunk
                wire += Array(String(chunk.count, radix: 16).utf8) + [13, 10] + chunk + [10]
            }
            wire += Array("0\r\n\r\n".utf8)
            if round % 2 == 1 {
                wire[Int.random(in: 0..<wire.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            let cut = Int.random(in: 0...wire.count, using: &random)
            let reading = Reading([wire[...]])
            #expect(reading == Reading([wire[..<cut], wire[cut...]]), "\(wire)")
            if round % 2 == 0 { #expect(reading.body == body && reading.isEnded) }
        }
    }
}

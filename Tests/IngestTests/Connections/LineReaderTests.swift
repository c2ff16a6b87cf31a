// LineReaderTests: lines and their ends.

import NIOCore
import Testing
import Wire

@testable import Ingest

@Suite("LineReader")
struct LineReaderTests {
    private func lines(_ text: String, upTo limit: Int = 20) throws(WireError) -> (lines: [String], rest: String) {
        var reader = LineReader()
        var buffer = ByteBuffer(string: text)
        var lines: [String] = []
        while let line = try reader.next(from: &buffer, upTo: limit) { lines.append(String(buffer: line)) }
        return (lines, String(buffer: buffer))
    }

    @Test("a line ends at a line feed and up to two carriage returns before it; the rest stays")
    func ends() throws {
        let read = try self.lines("one\r\ntwo\n\n\r\r\nthree\r\r\n\tfour é\r\nfive\r")
        #expect(read.lines == ["one", "two", "", "", "three", "\tfour é"])
        #expect(read.rest == "five\r")
    }

    @Test("a line may be as long as its limit, without its end, and no longer, whole or not")
    func limit() throws {
        #expect(try self.lines("12345\r\r\n12345\n", upTo: 5).lines == ["12345", "12345"])
        #expect(try self.lines("\n12345", upTo: 5).lines == [""])
        for text in ["123456", "123456\n", "\n123456"] {
            #expect(throws: WireError(.headTooLarge, "The line is longer than the 5 bytes it may have.")) {
                try self.lines(text, upTo: 5)
            }
        }
        #expect(try self.lines("\n", upTo: 0).lines == [""])
    }

    @Test("a control character is refused at once", arguments: ["a\u{0}", "\r\r\r", "a\rb", "\u{1B}", "\u{7F}"])
    func controls(text: String) {
        #expect(throws: WireError(.badRequest, "The line has a control character in it.")) { try self.lines(text) }
    }
}

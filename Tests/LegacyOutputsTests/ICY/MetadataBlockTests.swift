// MetadataBlockTests: titles as players read them.

import LegacyOutputs
import NIOCore
import Segmenter
import Testing

@Suite struct MetadataBlockTests {
    /// Encodes, checks the length byte and the padding, and gives the text.
    private func text(_ text: String?, url: String? = nil) throws -> String {
        let title = text.map { Title(time: Timestamp(milliseconds: 1), text: $0, url: url) }
        var block = MetadataBlock.encode(title)
        let length = block.readInteger(as: UInt8.self)
        let units = try #require(length)
        #expect(block.readableBytes == Int(units) * 16)
        let bytes = Array(block.readableBytesView)
        let content = bytes.prefix { $0 != 0 }
        #expect(bytes.dropFirst(content.count).allSatisfy { $0 == 0 })
        #expect(bytes.count - content.count < 16)
        return try #require(String(validating: content, as: UTF8.self))
    }

    /// What a player shows: everything up to the first `';`.
    private func shown(_ block: String) -> Substring? {
        guard block.hasPrefix("StreamTitle='") else { return nil }
        let rest = block.dropFirst(13)
        return rest.firstRange(of: "';").map { rest[..<$0.lowerBound] }
    }

    @Test("a title, an empty one, and none at all")
    func plain() throws {
        #expect(try self.text("Artist - Title") == "StreamTitle='Artist - Title';")
        #expect(try self.text("") == "StreamTitle='';")
        #expect(try self.text(nil) == "StreamTitle='';")
        #expect(MetadataBlock.unchanged == ByteBuffer(bytes: [0]))
    }

    @Test("an address follows the title")
    func url() throws {
        #expect(try self.text("T", url: "https://a/b?c=d") == "StreamTitle='T';StreamUrl='https://a/b?c=d';")
        #expect(try self.text("T", url: "x';StreamTitle='evil") == "StreamTitle='T';StreamUrl='x’;StreamTitle='evil';")
    }

    @Test(
        "no text ends its field early, and quotes that do not are kept",
        arguments: [
            ("Rock 'n' Roll", "Rock 'n' Roll"), ("a';b", "a’;b"), ("'", "’"), ("''", "'’"), ("';';';", "’;’;’;"),
            ("end'", "end’"), ("a'\u{1};b", "a’;b"), ("';\u{0}", "’;"), ("x'\n", "x’"), (";'", ";’"),
        ]
    )
    func quotes(text: String, expected: String) throws {
        let block = try self.text(text)
        #expect(block == "StreamTitle='\(expected)';")
        #expect(try #require(self.shown(block)) == expected)
    }

    @Test("control characters are left out")
    func controls() throws {
        let all = (UInt8(0)..<0x20).map { Character(Unicode.Scalar($0)) } + ["\u{7F}"]
        #expect(try self.text("a" + String(all) + "b") == "StreamTitle='ab';")
        #expect(try self.text("line\r\nbreak") == "StreamTitle='linebreak';")
    }

    @Test("a combining mark behind a quote does not hide the semicolon after it")
    func combining() throws {
        let block = try self.text("a'\u{301};b")
        #expect(block.hasSuffix("';") && block.utf8.count == "StreamTitle='a'\u{301};b';".utf8.count)
    }

    @Test("a title of exactly the limit fits, a longer one is cut between characters", arguments: 0...20)
    func longTitles(extra: Int) throws {
        let room = MetadataBlock.longestText - 15
        let whole = String(repeating: "a", count: room - 9 + extra)
        #expect(try self.text(whole) == "StreamTitle='\(whole.prefix(room))';")
        // Families of four take 25 octets, umlauts two.
        for character in ["👨‍👩‍👧‍👦", "ü", "e\u{301}"] as [Character] {
            let block = try self.text(whole + String(repeating: character, count: 3))
            #expect(block.utf8.count <= MetadataBlock.longestText)
            let rest = try #require(self.shown(block)).drop { $0 == "a" }
            #expect(rest.allSatisfy { $0 == character })
        }
    }

    @Test("of a title and an address that do not fit together, the title stays")
    func dropsTheAddress() throws {
        let title = String(repeating: "t", count: 3_000)
        let fitting = String(repeating: "u", count: MetadataBlock.longestText - 3_000 - 15 - 13)
        #expect(try self.text(title, url: fitting) == "StreamTitle='\(title)';StreamUrl='\(fitting)';")
        #expect(try self.text(title, url: fitting + "u") == "StreamTitle='\(title)';")
        #expect(try self.text("t", url: String(repeating: "u", count: 100_000)) == "StreamTitle='t';")
    }

    @Test("a cut behind a quote does not let the block's own end be read early")
    func cutAtAQuote() throws {
        let room = MetadataBlock.longestText - 15
        let block = try self.text(String(repeating: "a", count: room - 1) + "'bcdef")
        #expect(block.utf8.count <= MetadataBlock.longestText)
        // A player may take either quote for the end: the title must be the text with or without it.
        let title = try #require(self.shown(block))
        #expect(title.drop { $0 == "a" }.allSatisfy { $0 == "'" || $0 == "’" })
    }

    @Test("a flood of hostile text is one block of legal size")
    func hostile() throws {
        let block = try self.text(String(repeating: "';", count: 10_000), url: String(repeating: "'", count: 20_000))
        #expect(block.utf8.count <= MetadataBlock.longestText && block.hasSuffix("';"))
        let endings = block.ranges(of: "';")
        #expect(endings.count == 1)
    }
}

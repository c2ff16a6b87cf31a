// ID3TagTests: the octets of a tag.

import HLS
import NIOCore
import Testing

@Suite struct ID3TagTests {
    private static let time = PresentationTime(sample: 1 << 32 + 1_234, sampleRate: 90_000)

    @Test("a tag is these octets")
    func isThese() {
        let expected: [UInt8] =
            Array("ID3".utf8) + [4, 0, 0, 0, 0, 0, 76]
            + Array("PRIV".utf8) + [0, 0, 0, 53, 0, 0]
            + Array("com.apple.streaming.transportStreamTimestamp".utf8) + [0]
            + [0, 0, 0, 1, 0, 0, 0x04, 0xD2]
            + Array("TIT2".utf8) + [0, 0, 0, 3, 0, 0, 3, 0xC3, 0xA9]
        #expect([ID3Tag(time: Self.time, title: "é").bytes].octets == expected)
    }

    @Test("sizes over 127 octets are written in sevens", arguments: [127, 128, 129, 300, 1_000])
    func writesSizes(length: Int) throws {
        let title = String(repeating: "x", count: length)
        let reader = try ID3Reader([ID3Tag(time: Self.time, title: title).bytes].octets)
        #expect(reader.title == title)
        #expect(reader.ticks == 4_294_968_530)
        #expect(reader.rest.isEmpty)
    }

    @Test("no title, an empty one and one of control characters leave no frame", arguments: [nil, "", "\0\r\n\u{85}"])
    func omitsTitles(title: String?) throws {
        #expect(try ID3Reader([ID3Tag(time: Self.time, title: title).bytes].octets).frames.map(\.name) == ["PRIV"])
    }

    @Test("control characters are taken out of a title")
    func cleansTitles() throws {
        let tag = ID3Tag(time: Self.time, title: "A\0B\r\nC\u{9F}D\tE\u{7F}")
        #expect(try ID3Reader([tag.bytes].octets).title == "ABCDE")
    }

    @Test("a title without end is cut between two characters")
    func cutsTitles() throws {
        for (character, count) in [("x", 1_024), ("é", 512), ("曲", 341), ("😀", 256)] {
            let tag = ID3Tag(time: Self.time, title: String(repeating: character, count: 1_000_000))
            #expect(try ID3Reader([tag.bytes].octets).title == String(repeating: character, count: count))
        }
    }
}

// JSONTextTests: strings as JSON has them.

import Foundation
import Testing

@testable import Origin

@Suite struct JSONTextTests {
    @Test(
        "what is quoted reads back as it was",
        arguments: [
            "", "plain", "\"quoted\"", "back\\slash", "line\nbreak\r\n\ttab", "Ünïcödé 👨‍👩‍👧‍👦", "\u{2028}\u{7F}",
            String(String.UnicodeScalarView((UInt8(0)..<0x20).map { Unicode.Scalar($0) })), "</script>",
        ]
    )
    func roundTrip(text: String) throws {
        let json = "[\(JSONText.quoted(text))]"
        #expect(try JSONDecoder().decode([String].self, from: Data(json.utf8)) == [text])
    }
}

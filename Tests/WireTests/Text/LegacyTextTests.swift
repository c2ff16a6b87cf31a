// LegacyTextTests: text whose charset nobody named.

import Testing

@testable import Wire

@Suite("LegacyText")
struct LegacyTextTests {
    @Test("valid UTF-8 is UTF-8, anything else is ISO-8859-1 with the quotes of windows-1252")
    func charsets() {
        #expect(LegacyText.decode(Array("Björk – Jóga".utf8)) == "Björk – Jóga")
        #expect(LegacyText.decode([0x42, 0x6A, 0xF6, 0x72, 0x6B]) == "Björk")
        #expect(LegacyText.decode([0x44, 0x6F, 0x6E, 0x92, 0x74]) == "Don’t")
        #expect(LegacyText.decode([0xC3]) == "Ã")
        #expect(LegacyText.decode([0x81]) == "\u{81}")
        #expect(LegacyText.decode([]) == "")
    }

    @Test("every byte has a character, and only one")
    func everyByte() {
        for byte in UInt8.min...UInt8.max {
            #expect(LegacyText.decode([byte, 0xFF]).unicodeScalars.count == 2)
        }
    }
}

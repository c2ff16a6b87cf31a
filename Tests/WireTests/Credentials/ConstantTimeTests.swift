// ConstantTimeTests: equal is equal, nothing else is.

import Testing

@testable import Wire

@Suite("ConstantTime")
struct ConstantTimeTests {
    @Test("only the same bytes are equal, whatever the lengths")
    func equality() {
        #expect(ConstantTime.equals("hackme", "hackme"))
        #expect(ConstantTime.equals("", ""))
        for other in ["", "h", "hackm", "hackme!", "Hackme", "hackmehackme", "\u{0}"] {
            #expect(!ConstantTime.equals(other, "hackme"))
            #expect(!ConstantTime.equals("hackme", other))
        }
        #expect(!ConstantTime.equals("\u{0}", ""))
        #expect(!ConstantTime.equals("", "\u{0}"))
        #expect(!ConstantTime.equals("aa", "a"))
    }
}

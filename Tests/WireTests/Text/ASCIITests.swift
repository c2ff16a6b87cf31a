// ASCIITests: byte questions, against their plain definitions.

import Testing

@testable import Wire

@Suite("ASCII")
struct ASCIITests {
    @Test("tokens are the characters of RFC 9110, and only those")
    func tokens() {
        let tokens = Set("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8)
        for byte in UInt8.min...UInt8.max { #expect(ASCII.isToken(byte) == tokens.contains(byte)) }
    }

    @Test("hexadecimal digits have their values, nothing else has one")
    func hex() {
        for byte in UInt8.min...UInt8.max {
            let text = String(decoding: [byte], as: UTF8.self)
            let expected = "0123456789abcdefABCDEF".contains(text) ? UInt8(text, radix: 16) : nil
            #expect(ASCII.hexValue(byte) == expected)
        }
    }

    @Test("the first control character is found wherever it is, eight bytes at a time or not")
    func controls() {
        for count in 0...20 {
            for place in 0...count {
                for control in [0x00, 0x09, 0x0A, 0x1F, 0x7F, 0x20, 0x7E, 0x80, 0xFF] as [UInt8] {
                    var bytes = [UInt8](repeating: 0xA0, count: count)
                    if place < count { bytes[place] = control }
                    let expected = bytes.firstIndex { $0 < 0x20 || $0 == 0x7F }
                    #expect(bytes.withUnsafeBytes { ASCII.firstControl(in: $0, 0..<count) } == expected)
                }
            }
        }
    }

    @Test("two control characters in one word: the first counts, even beside bytes that borrow")
    func firstOfTwo() {
        var random = SeededGenerator(seed: 5)
        for _ in 0..<5000 {
            let bytes = (0..<16).map { _ in
                [0x20, 0x1F, 0x7F, 0x80, 0x21, 0x00, 0x9F, 0x7E].randomElement(using: &random) ?? UInt8(0)
            }
            let expected = bytes.firstIndex { $0 < 0x20 || $0 == 0x7F }
            #expect(bytes.withUnsafeBytes { ASCII.firstControl(in: $0, 0..<16) } == expected)
        }
    }
}

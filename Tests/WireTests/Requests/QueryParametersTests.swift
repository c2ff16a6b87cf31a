// QueryParametersTests: names and values, however they are encoded.

import NIOCore
import Testing

@testable import Wire

@Suite("QueryParameters")
struct QueryParametersTests {
    private func query(_ text: String, plusIsSpace: Bool = true) -> QueryParameters {
        QueryParameters(ByteBuffer(string: text), plusIsSpace: plusIsSpace)
    }

    @Test("values are decoded, and the first of a name wins")
    func values() {
        let query = self.query("mode=updinfo&song=A%20-%20B&song=C&&=x&flag&empty=&a=b=c")
        #expect(query["mode"] == "updinfo")
        #expect(query["song"] == "A - B")
        #expect(query["flag"] == "")
        #expect(query["empty"] == "")
        #expect(query["a"] == "b=c")
        #expect(query["nothing"] == nil)
        #expect(query[""] == "x")
        #expect(query.contains("flag") && !query.contains("fla"))
    }

    @Test("a plus is a space only where it is asked to be")
    func plus() {
        #expect(self.query("t=a+b%2Bc")["t"] == "a b+c")
        #expect(self.query("t=a+b%2Bc", plusIsSpace: false)["t"] == "a+b+c")
    }

    @Test("a malformed percent sign stands for itself")
    func malformed() {
        #expect(self.query("t=100% Hits%2&u=%zz%&v=%e9%")["t"] == "100% Hits%2")
        #expect(self.query("t=1&u=%zz%")["u"] == "%zz%")
    }

    @Test("names are decoded too")
    func encodedNames() {
        #expect(self.query("s%6Fng=x")["song"] == "x")
    }

    @Test("bytes stay bytes, text is UTF-8 or else ISO-8859-1")
    func charsets() {
        let query = self.query("latin=%E9t%E9&utf=%C3%A9&nul=%00")
        #expect(query.bytes("latin") == [0xE9, 0x74, 0xE9])
        #expect(query["latin"] == "été")
        #expect(query["utf"] == "é")
        #expect(query.bytes("nul") == [0])
    }

    @Test("nothing is found in nothing")
    func empty() {
        #expect(self.query("")["a"] == nil)
        #expect(self.query("&&&")["a"] == nil)
        #expect(self.query("")[""] == nil)
    }

    @Test("random bytes never crash it, and what is encoded comes back")
    func fuzz() {
        var random = SeededGenerator(seed: 7)
        let start = ContinuousClock.now
        for _ in 0..<3000 where ContinuousClock.now - start < .seconds(3) {
            let junk = (0..<Int.random(in: 0...40, using: &random)).map { _ in
                Array("%%%&=+aAfF09\u{0}".utf8).randomElement(using: &random) ?? 0
            }
            _ = QueryParameters(ByteBuffer(bytes: junk))["a"]
            let value = (0..<20).map { _ in UInt8.random(in: 0...255, using: &random) }
            let encoded = value.map { "%" + String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
            #expect(self.query("x=1&v=\(encoded)").bytes("v") == value)
        }
    }
}

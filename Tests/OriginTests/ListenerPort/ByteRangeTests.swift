// ByteRangeTests: the parts of a body that clients ask for.

import Testing

@testable import Origin

@Suite struct ByteRangeTests {
    @Test(
        "one range is understood, clamped to the body",
        arguments: [
            ("bytes=0-0", 0..<1), ("bytes=0-99", 0..<100), ("bytes=0-", 0..<100), ("bytes=99-", 99..<100),
            ("bytes=50-1000", 50..<100), ("bytes=-1", 99..<100), ("bytes=-100", 0..<100), ("bytes=-1000", 0..<100),
            ("bytes=10-9223372036854775807", 10..<100), ("bytes=007-008", 7..<9),
        ]
    )
    func parts(header: String, range: Range<Int>) {
        #expect(ByteRange(header, length: 100) == .part(range))
    }

    @Test(
        "what begins behind the body, or is empty, cannot be satisfied",
        arguments: ["bytes=100-", "bytes=100-200", "bytes=9223372036854775807-", "bytes=-0"]
    )
    func unsatisfiable(header: String) {
        #expect(ByteRange(header, length: 100) == .unsatisfiable)
    }

    @Test("of an empty body there is no part", arguments: ["bytes=0-", "bytes=0-0", "bytes=-5"])
    func emptyBody(header: String) {
        #expect(ByteRange(header, length: 0) == .unsatisfiable)
    }

    @Test(
        "what is not understood, or several ranges, is ignored",
        arguments: [
            nil, "", "bytes", "bytes=", "bytes=-", "bytes=5", "bytes=5-4", "bytes=a-b", "bytes=1-2,4-5", "bytes=1-2-3",
            "items=0-5", "bytes 0-5", "bytes=--5", "bytes=+1-5", "bytes=1-5 ", "bytes=１-5", "bytes=0x1-5",
        ] as [String?]
    )
    func ignored(header: String?) {
        #expect(ByteRange(header, length: 100) == .whole)
    }

    @Test("a number too large for any body ends at the body's end, or is behind it")
    func overflow() {
        #expect(ByteRange("bytes=10-99999999999999999999", length: 100) == .part(10..<100))
        #expect(ByteRange("bytes=99999999999999999999-", length: 100) == .unsatisfiable)
    }
}

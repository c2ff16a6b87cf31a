// EntityTagTests: the names of contents.

import HLS
import NIOCore
import Testing

@Suite struct EntityTagTests {
    @Test(
        "a tag is the FNV-1a hash of the content, in 16 digits whatever they are",
        arguments: [
            ("", "cbf29ce484222325"), ("a", "af63dc4c8601ec8c"), ("foobar", "85944171f73967e8"),
            ("baa", "0039231913392937"),
        ]
    )
    func isTheHash(content: String, digits: String) {
        #expect(EntityTag(of: ByteBuffer(string: content)).description == "\"\(digits)\"")
    }

    @Test("compressed content has a tag of its own, which follows from the same content")
    func differsByCoding() {
        let content = ByteBuffer(string: "foobar")
        #expect(EntityTag(of: content, coding: .gzip).description == "\"85944171f73967e8-gzip\"")
        #expect(EntityTag(of: content).with(.gzip) == EntityTag(of: content, coding: .gzip))
        #expect(EntityTag(of: content) != EntityTag(of: content, coding: .gzip))
    }
}

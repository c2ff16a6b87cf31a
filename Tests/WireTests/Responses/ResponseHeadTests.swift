// ResponseHeadTests: heads as they go on the wire.

import NIOCore
import Testing

@testable import Wire

@Suite("ResponseHead")
struct ResponseHeadTests {
    @Test("a head is a status line, headers and a blank line")
    func head() {
        var head = ResponseHead(.partialContent)
        head.add("Content-Type", "audio/mpeg")
        head.add("Content-Length", 12)
        #expect(
            String(buffer: head.finished())
                == "HTTP/1.1 206 Partial Content\r\nContent-Type: audio/mpeg\r\nContent-Length: 12\r\n\r\n"
        )
    }

    @Test("only HTTP/1.1 is answered with HTTP/1.1")
    func versions() {
        #expect(String(buffer: ResponseHead(.ok, version: .http10).finished()) == "HTTP/1.0 200 OK\r\n\r\n")
        #expect(String(buffer: ResponseHead(.ok, version: .ice10).finished()) == "HTTP/1.0 200 OK\r\n\r\n")
    }

    @Test("a body brings its length in bytes, and a HEAD the length alone")
    func body() {
        let head = ResponseHead(.notFound)
        #expect(String(buffer: head.finished(body: "né")) == "HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\nné")
        #expect(
            String(buffer: head.finished(body: "né", isHead: true))
                == "HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\n"
        )
    }

    @Test("a value cannot break out of its line")
    func injection() {
        var head = ResponseHead(.ok)
        head.add("icy-name", "a\r\nSet-Cookie: x\u{0}é")
        #expect(String(buffer: head.finished()) == "HTTP/1.1 200 OK\r\nicy-name: a  Set-Cookie: x é\r\n\r\n")
    }

    @Test("every status has a line that begins with its number")
    func statuses() {
        for status in Status.allCases {
            #expect(status.line.description.hasPrefix("\(status.rawValue) "))
        }
    }
}

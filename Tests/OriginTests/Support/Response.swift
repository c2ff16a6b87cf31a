// Response: an answer as a client reads it.

import NIOCore
import Segmenter
import Testing
import Wire

@testable import Origin

/// An answer as a client reads it.
struct Response {
    let status: Int
    /// By names in lower case.
    let headers: [String: String]
    let body: ByteBuffer

    var text: String { String(buffer: self.body) }

    /// Reads an answer that was decided without a socket; a listener's has neither headers nor a body.
    init(_ answer: Answer) throws {
        switch answer {
        case .ok(let answer):
            try self.init(200, [answer])
        case .status(let status, let headers, let body):
            try self.init(status.rawValue, [headers] + body)
        case .problem(let problem):
            let headers = problem.headers.map { ("\($0.name)".lowercased(), $0.value) }
            self.init(
                status: problem.status.rawValue,
                headers: Dictionary(headers, uniquingKeysWith: { first, _ in first }),
                body: ByteBuffer(string: problem.body(asText: false).text)
            )
        case .download(_, let excerpt, let range, let status, let headers):
            try self.init(status.rawValue, [headers])
            try #require(range.upperBound <= excerpt.byteCount)
        case .file(let opening, _):
            try self.init(200, [opening])
        case .listener, .needs, .outline:
            self.init(status: 0, headers: [:], body: ByteBuffer())
        }
    }

    private init(status: Int, headers: [String: String], body: ByteBuffer) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    private init(_ status: Int, _ buffers: [ByteBuffer]) throws {
        var all = ByteBuffer()
        for buffer in buffers { all.writeImmutableBuffer(buffer) }
        let head = Self.takeHead(&all)
        try self.init(status: status, headers: #require(head).headers, body: all)
    }

    /// Takes the next response off a connection's bytes, its body by `Content-Length`; `nil` when there is none.
    init?(from bytes: inout ByteBuffer, isHead: Bool = false) {
        guard bytes.readableBytes > 0, let head = Self.takeHead(&bytes, hasStatusLine: true) else { return nil }
        let length = isHead || head.status == 304 ? 0 : Int(head.headers["content-length"] ?? "") ?? 0
        guard let body = bytes.readSlice(length: length) else { return nil }
        self.init(status: head.status, headers: head.headers, body: body)
    }

    private static func takeHead(
        _ bytes: inout ByteBuffer,
        hasStatusLine: Bool = false
    ) -> (status: Int, headers: [String: String])? {
        guard let end = bytes.readableBytesView.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
        let head = bytes.readString(length: end.upperBound - bytes.readerIndex) ?? ""
        var lines = head.split(separator: "\r\n").map(String.init)
        let status = hasStatusLine ? Int(lines.removeFirst().split(separator: " ")[1]) : 0
        var headers: [String: String] = [:]
        for line in lines {
            let sides = line.split(separator: ":", maxSplits: 1)
            guard sides.count == 2 else { return nil }
            headers[sides[0].lowercased()] = String(sides[1].drop { $0 == " " })
        }
        return (status ?? 0, headers)
    }
}

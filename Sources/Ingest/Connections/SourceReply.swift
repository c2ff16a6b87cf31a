// SourceReply: the answers of the source port.

import NIOCore
import Wire

/// The answers of the source port (legacy-streaming A.2).
enum SourceReply {
    static let challenge = #"Basic realm="streammachine""#
    /// libshout looks for `PUT` in here, and falls back to `SOURCE` without it.
    private static let allow = "GET, OPTIONS, SOURCE, PUT"

    /// Without a `Content-Length`, which Icecast 2.4 sends and some clients take for the end.
    static let `continue` = ByteBuffer(string: "HTTP/1.1 100 Continue\r\n\r\n")

    /// Tells an encoder to begin: bare, as Icecast sends it, since some encoders read no further than this.
    static func begin(_ version: ProtocolVersion) -> ByteBuffer {
        ResponseHead(.ok, version: version, reserving: 32).finished()
    }

    /// An answer with no more to say than its status: to `OPTIONS`, to a poke, and to a body that has ended.
    static func done(_ exchange: SourceExchange) -> ByteBuffer {
        var head = self.head(.ok, version: exchange.version, keepAlive: exchange.keepAlive)
        head.add("Content-Length", 0)
        return head.finished()
    }

    /// An answer in words; without an exchange, to what was not a request.
    static func text(_ status: Status, _ message: String, for exchange: SourceExchange?) -> ByteBuffer {
        var head = self.head(status, version: exchange?.version ?? .http10, keepAlive: exchange?.keepAlive ?? false)
        if status == .unauthorized { head.add("WWW-Authenticate", self.challenge) }
        if status == .unavailable { head.add("Retry-After", 10) }
        head.add("Content-Type", "text/plain; charset=utf-8")
        return head.finished(body: message + "\n", isHead: exchange?.isHead ?? false)
    }

    private static func head(_ status: Status, version: ProtocolVersion, keepAlive: Bool) -> ResponseHead {
        var head = ResponseHead(status, version: version)
        head.add("Allow", self.allow)
        head.add("Connection", keepAlive ? "keep-alive" : "close")
        return head
    }
}

// SourceReply: the answers of the source port.

import NIOCore
import Wire

/// The answers of the source port (legacy-streaming A.2 and A.3).
enum SourceReply {
    static let challenge = #"Basic realm="streammachine""#
    /// libshout looks for `PUT` in here, and falls back to `SOURCE` without it.
    private static let allow = "GET, OPTIONS, SOURCE, PUT"

    /// Without a `Content-Length`, which Icecast 2.4 sends and some clients take for the end.
    static let `continue` = ByteBuffer(string: "HTTP/1.1 100 Continue\r\n\r\n")

    /// Tells a SHOUTcast source that its password is right: some compare the first line with exactly `OK2`.
    static let passwordAccepted = ByteBuffer(string: "OK2\r\nicy-caps:11\r\n\r\n")
    private static let passwordRefused = ByteBuffer(string: "invalid password\r\n")

    /// Tells an accepted source to begin, unless it has been told or is told behind its body.
    static func begin(_ exchange: SourceExchange) -> ByteBuffer? {
        guard exchange.language == .http else { return nil }
        if exchange.expectsContinue { return self.continue }
        // Bare, as Icecast sends it, since some encoders read no further than this.
        return exchange.answersAtEnd ? nil : ResponseHead(.ok, version: exchange.version, reserving: 32).finished()
    }

    /// An answer in words, as far as the peer's language has them.
    static func refusal(_ status: Status, _ message: String, for exchange: SourceExchange) -> ByteBuffer? {
        switch exchange.language {
        case .http: self.text(status, message, for: exchange)
        case .password: self.passwordRefused
        case .silence: nil
        }
    }

    /// An answer with no more to say than its status: to `OPTIONS`, to a poke, and to a body that has ended.
    static func done(_ exchange: SourceExchange) -> ByteBuffer {
        var head = self.head(.ok, version: exchange.version, keepAlive: exchange.keepAlive)
        head.add("Content-Length", 0)
        return head.finished()
    }

    private static func text(_ status: Status, _ message: String, for exchange: SourceExchange) -> ByteBuffer {
        var head = self.head(status, version: exchange.version, keepAlive: exchange.keepAlive)
        if status == .unauthorized { head.add("WWW-Authenticate", self.challenge) }
        if status == .unavailable { head.add("Retry-After", 10) }
        head.add("Content-Type", "text/plain; charset=utf-8")
        return head.finished(body: message + "\n", isHead: exchange.isHead)
    }

    private static func head(_ status: Status, version: ProtocolVersion, keepAlive: Bool) -> ResponseHead {
        var head = ResponseHead(status, version: version)
        head.add("Allow", self.allow)
        head.add("Connection", keepAlive ? "keep-alive" : "close")
        return head
    }
}

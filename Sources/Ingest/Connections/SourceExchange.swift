// SourceExchange: what of a request matters for its answer.

import Wire

/// What of a request matters for its answer.
struct SourceExchange: Equatable {
    /// What the peer understands.
    enum Language {
        case http
        /// SHOUTcast's, before `OK2`.
        case password
        /// SHOUTcast's, after `OK2`: there is nothing more to say.
        case silence
    }

    /// What is not a request is answered in HTTP all the same.
    static let unreadable = SourceExchange(.http)
    static let password = SourceExchange(.password)
    static let shoutcast = SourceExchange(.silence)

    let language: Language
    /// How titles are answered, if this brings one.
    let metadata: MetadataDialect
    let version: ProtocolVersion
    let framing: BodyFraming
    let expectsContinue: Bool
    let isHead: Bool
    /// Whether the connection can go on after this: the peer wants it to, and no body is on its way that nobody reads.
    private(set) var keepAlive: Bool

    init(_ request: Request) throws(WireError) {
        self.language = .http
        self.metadata = MetadataDialect(request) ?? .icecast
        self.version = request.version
        self.isHead = request.method == .head
        self.framing = try request.bodyFraming()
        self.expectsContinue = request.hasToken("100-continue", in: "Expect")
        guard self.expectsContinue || !request.hasHeader("Expect") else {
            throw WireError(.expectationFailed, "The only expectation met is 100-continue.")
        }
        let isSource = request.method == .source || request.method == .put
        switch self.framing {
        case .length(0):
            self.keepAlive = request.wantsKeepAlive
        case .unspecified:
            // A source that waits for a 100, or asks for more requests, has not begun its endless body yet.
            let waits = self.expectsContinue || request.hasToken("keep-alive", in: "Connection")
            self.keepAlive = request.wantsKeepAlive && (!isSource || waits)
        case .length, .chunked:
            self.keepAlive = false
        }
    }

    private init(_ language: Language) {
        self.language = language
        self.metadata = .icecast
        self.version = .http10
        self.framing = .unspecified
        self.expectsContinue = false
        self.isHead = false
        self.keepAlive = false
    }

    /// The same, with the connection to be closed behind its answer.
    var closing: SourceExchange {
        var exchange = self
        exchange.keepAlive = false
        return exchange
    }

    /// Whether the answer to an accepted source comes behind its body, not before it.
    ///
    /// Without Expect, encoders wait for the answer before they send audio; a body of no length has no before.
    var answersAtEnd: Bool { self.expectsContinue || self.framing == .length(0) }
}

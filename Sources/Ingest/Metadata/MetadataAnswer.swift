// MetadataAnswer: what became of a title sent beside the audio.

package import NIOCore
package import Wire

/// What became of a title sent beside the audio.
package enum MetadataAnswer: Hashable, Sendable {
    case accepted
    case unauthorized
    /// There is no such mount, or no source on it.
    case unknownMount
    /// The mount takes no titles from this sender; the reason is told.
    case refused(reason: String)
    /// `mode` is something else than `updinfo`.
    case unknownAction
    case missingParameter(String)

    /// The answer, as Icecast gives it (legacy-streaming A.7) or as SHOUTcast does.
    package func reply(version: ProtocolVersion, keepAlive: Bool, dialect: MetadataDialect = .icecast) -> ByteBuffer {
        var head = ResponseHead(self.status(dialect), version: version)
        switch dialect {
        case .icecast: head.add("Content-Type", "text/xml; charset=utf-8")
        case .shoutcast: head.add("Content-Type", "text/html; charset=utf-8")
        }
        if self == .unauthorized { head.add("WWW-Authenticate", SourceReply.challenge) }
        head.add("Connection", keepAlive ? "keep-alive" : "close")
        return head.finished(body: self.body(dialect))
    }

    private func status(_ dialect: MetadataDialect) -> Status {
        switch self {
        case .accepted: .ok
        // Icecast's clients read the return value; SHOUTcast's have but the status.
        case .refused: dialect == .icecast ? .ok : .forbidden
        case .unknownAction: dialect == .icecast ? .ok : .badRequest
        case .unauthorized: .unauthorized
        case .unknownMount: .notFound
        case .missingParameter: .badRequest
        }
    }

    private func body(_ dialect: MetadataDialect) -> String {
        let message = self.message.map(Self.escaped).joined()
        return switch dialect {
        case .icecast:
            """
            <?xml version="1.0"?>
            <iceresponse><message>\(message)</message><return>\(self == .accepted ? 1 : 0)</return></iceresponse>

            """
        case .shoutcast:
            """
            <html><head><title>StreamMachine</title></head><body>\(message)</body></html>

            """
        }
    }

    private var message: String {
        switch self {
        case .accepted: "Metadata update successful"
        case .unauthorized: "You need to authenticate"
        case .unknownMount: "Source does not exist"
        case .refused(let reason): reason
        case .unknownAction: "No such action"
        case .missingParameter(let name): "Missing parameter: \(name)"
        }
    }

    private static func escaped(_ character: Character) -> String {
        switch character {
        case "&": "&amp;"
        case "<": "&lt;"
        case ">": "&gt;"
        default: String(character)
        }
    }
}

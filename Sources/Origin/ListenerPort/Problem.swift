// Problem: an error answer that says what would have been right.

internal import NIOCore
internal import Segmenter
internal import Wire

/// An error answer: what is wrong, and what would be accepted (RFC 9457, or plain text by `Accept`).
struct Problem {
    let status: Status
    private(set) var detail: String
    /// Further members of the JSON form; names and values need no escaping.
    var members: [(name: String, value: String)] = []
    /// Further headers.
    var headers: [(name: StaticString, value: String)] = []
    /// How long a cache may keep the answer, seconds; 0 is not at all.
    var maxAge = 0

    init(_ status: Status, _ detail: String) {
        self.status = status
        self.detail = detail
    }

    static func noAudioYet(_ stream: String) -> Problem {
        var problem = Problem(.unavailable, "\(stream) has no audio yet: its source has not connected")
        problem.headers = [("Retry-After", "5")]
        return problem
    }

    static func outsideWindow(oldest: Timestamp, newest: Timestamp) -> Problem {
        var problem = Problem(
            .notFound,
            "that time is outside the rewind window, which reaches from \(oldest.rfc3339) to \(newest.rfc3339)"
        )
        problem.members = [("oldest", oldest.rfc3339), ("newest", newest.rfc3339)]
        return problem
    }

    static func emptyRange(oldest: Timestamp, newest: Timestamp) -> Problem {
        var problem = Self.outsideWindow(oldest: oldest, newest: newest)
        problem.detail =
            "there is no audio between these times; the rewind window reaches from \(oldest.rfc3339) to"
            + " \(newest.rfc3339)"
        return problem
    }

    /// The disk does not give what was asked for.
    static func unreadable(_ stream: String) -> Problem {
        var problem = Problem(.unavailable, "the stored audio of \(stream) cannot be read now")
        problem.headers = [("Retry-After", "5")]
        return problem
    }

    static func unknown(_ streams: StreamDirectory) -> Problem {
        let names = streams.names
        let shown = names.prefix(20).map { "/\($0)" }.joined(separator: ", ")
        let known = names.isEmpty ? "there are no streams" : "there is \(shown)\(names.count > 20 ? " and more" : "")"
        var problem = Problem(.notFound, "nothing is here; \(known)")
        problem.maxAge = 6
        return problem
    }

    /// The answer's body and its media type.
    func body(asText: Bool) -> (contentType: String, text: String) {
        guard !asText else { return ("text/plain; charset=utf-8", self.detail + "\n") }
        var json = "{\"title\":\(JSONText.quoted(self.status.reason)),\"status\":\(self.status.rawValue)"
        json += ",\"detail\":\(JSONText.quoted(self.detail))"
        for member in self.members { json += ",\(JSONText.quoted(member.name)):\(JSONText.quoted(member.value))" }
        return ("application/problem+json", json + "}\n")
    }
}

extension Status {
    /// The reason phrase: "Not Found".
    var reason: String { String("\(self.line)".dropFirst(4)) }
}

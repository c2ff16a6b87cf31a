// DownloadParameter: the stretch of time that a download asks for.

package import Segmenter
package import Wire

/// The stretch of time that a download asks for: `?from=T&to=T`, or StreamMachine's `?pump=S[&from=S]`.
package enum DownloadParameter: Hashable, Sendable {
    /// From one moment to another, or to now.
    case between(Timestamp, Timestamp?)
    /// So many milliseconds, beginning so many before now.
    case pump(Int64, behind: Int64)

    /// Reads the parameters of a query; `nil` when it asks for no download.
    package init?(_ query: QueryParameters) throws(TimeParameter.Failure) {
        if let text = query["pump"] {
            guard let length = TimeParameter.distance(text), length > 0 else {
                throw TimeParameter.Failure(message: "pump must be seconds of audio such as 90, or 10m, or 1h30m")
            }
            guard let text = query["from"] else {
                self = .pump(length, behind: length)
                return
            }
            guard let behind = TimeParameter.distance(text) else {
                throw TimeParameter.Failure(
                    message: "with pump, from must be seconds behind live such as 90, or 10m, or 1h30m"
                )
            }
            self = .pump(length, behind: behind)
        } else if let text = query["from"] {
            let from = try Self.moment(text, of: "from")
            let to = try query["to"].map { text throws(TimeParameter.Failure) in try Self.moment(text, of: "to") }
            self = .between(from, to)
        } else if query.contains("to") {
            throw TimeParameter.Failure(message: "to needs from: a download has a beginning")
        } else {
            return nil
        }
    }

    /// The moments that are meant; the end is `nil` for now.
    package func moments(at now: Timestamp) -> (from: Timestamp, to: Timestamp?) {
        switch self {
        case .between(let from, let to):
            return (from, to)
        case .pump(let length, let behind):
            let from = now.advanced(byMilliseconds: -behind)
            return (from, from.advanced(byMilliseconds: length))
        }
    }

    private static func moment(_ text: String, of name: String) throws(TimeParameter.Failure) -> Timestamp {
        guard let moment = TimeParameter.moment(text) else {
            throw TimeParameter.Failure(
                message: "\(name) must be a time with its zone such as 2026-10-05T09:00:00Z, or seconds or"
                    + " milliseconds since 1970"
            )
        }
        return moment
    }
}

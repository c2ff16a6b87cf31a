// SourceRefusal: why a source may not send.

import Wire

/// Why a source may not send; the reasons are told to the encoder, so they hold no secrets.
package enum SourceRefusal: Hashable, Sendable {
    /// No credentials, or wrong ones.
    case unauthorized
    /// The mount is busy or closed to this source: today's encoders retry on 403, and stop on 409.
    case forbidden(reason: String)
    /// There is no such mount; the reason names those that exist.
    case notFound(reason: String)
    /// Not now.
    case unavailable(reason: String)

    var status: Status {
        switch self {
        case .unauthorized: .unauthorized
        case .forbidden: .forbidden
        case .notFound: .notFound
        case .unavailable: .unavailable
        }
    }

    var reason: String {
        switch self {
        case .unauthorized: "You need to authenticate"
        case .forbidden(let reason), .notFound(let reason), .unavailable(let reason): reason
        }
    }
}

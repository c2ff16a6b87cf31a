// SourceConnectionPhase: where a source's connection stands.

import NIOCore
import Wire

/// Where a source's connection stands.
enum SourceConnectionPhase {
    /// Before a head: which protocol is this?
    case greeting
    case head
    /// The body of a `POST` with a title.
    case form(Request, SourceExchange)
    case awaitingAdmission(SourceExchange)
    case awaitingAnswer(SourceExchange)
    case body(SourceExchange)
    /// Answered for the last time; what still comes is read over.
    case draining
    case closed

    /// How long this may last: for a body, how long nothing may come; `nil` for ever.
    func allowance(_ limits: SourceConnectionLimits) -> TimeAmount? {
        switch self {
        case .greeting, .head, .form, .awaitingAdmission, .awaitingAnswer: limits.head
        case .body: limits.silence
        case .draining: limits.drain
        case .closed: nil
        }
    }
}

// SourceConnectionPhase: where a source's connection stands.

import NIOCore

/// Where a source's connection stands.
enum SourceConnectionPhase {
    /// Up to the end of a head, or of the form behind it.
    case introduction
    /// A SHOUTcast source waits to hear of its password.
    case awaitingRecognition
    case awaitingAdmission(SourceExchange)
    case awaitingAnswer(SourceExchange)
    case body(SourceExchange)
    /// Answered for the last time; what still comes is read over.
    case draining
    case closed

    /// How long this may last: for a body, how long nothing may come; `nil` for ever.
    func allowance(_ limits: SourceConnectionLimits) -> TimeAmount? {
        switch self {
        case .introduction, .awaitingRecognition, .awaitingAdmission, .awaitingAnswer: limits.head
        case .body: limits.silence
        case .draining: limits.drain
        case .closed: nil
        }
    }
}

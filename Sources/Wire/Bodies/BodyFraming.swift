// BodyFraming: how the end of a request's body is found.

/// How the end of a request's body is found.
package enum BodyFraming: Hashable, Sendable {
    /// Nothing was said. For most requests that means no body; for a source it means audio until the connection closes.
    case unspecified
    case length(Int)
    case chunked
}

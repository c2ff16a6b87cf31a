// SourceProtocol: how a source introduced itself.

/// How a source introduced itself.
package enum SourceProtocol: String, Hashable, Sendable {
    /// Icecast's own method.
    case source = "SOURCE"
    /// HTTP's method, as Icecast takes it since 2.4.
    case put = "PUT"
    /// SHOUTcast v1: a password line, then headers.
    case shoutcast = "SHOUTcast"
}

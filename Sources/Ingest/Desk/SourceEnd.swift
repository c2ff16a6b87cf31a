// SourceEnd: why a source's frames have ended.

/// Why a source's frames have ended.
package enum SourceEnd: Hashable, Sendable {
    /// The connection was closed by the encoder, or lost.
    case closedByPeer
    /// The body ended where its length or its last chunk said.
    case finished
    /// Nothing came for the silence limit.
    case timedOut
    /// What came could not be read.
    case failed(reason: String)
    /// The server ended it, through `SourceControl.close`.
    case stopped(reason: String)
}

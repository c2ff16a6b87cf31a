// SourceConnectionAction: what a source's connection has to do next.

import NIOCore
import Segmenter

/// What a source's connection has to do next.
enum SourceConnectionAction: Equatable {
    /// Ask the desk whether a password is right, then tell the state machine `recognized` or `refused`.
    case recognize(SourceRequest)
    /// Ask the desk, then tell the state machine `admitted` or `refused`.
    case admit(SourceRequest)
    /// Ask the desk, then tell the state machine `answered`.
    case update(MetadataUpdate)
    case respond(ByteBuffer)
    case deliver([Frame])
    case end(SourceEnd)
    /// Say that nothing more will be sent, and wait for the peer to close.
    case closeOutput
    case close
    /// Write down why a peer was turned away.
    case log(String)
}

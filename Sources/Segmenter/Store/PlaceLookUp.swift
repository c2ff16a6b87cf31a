// PlaceLookUp: what a look-up by time finds.

/// What a look-up by time finds.
package enum PlaceLookUp: Hashable, Sendable {
    case found(FramePlace)
    /// The answer depends on the audio of a slot that has left memory: load it and ask again.
    case needs(slot: Int64)
    case nothing
}

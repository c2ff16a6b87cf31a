// LoadedPart: what came of loading a part.

/// What came of loading a part from an archive.
package enum LoadedPart: Sendable {
    case part(Part)
    /// The disk does not give it now: silence that lasts as long.
    case unread(silence: Part)
    /// The archive does not have it, or not any more.
    case missing
}

// StoredPart: how a part that has left memory can be had.

/// How a part that has left memory can be had without waiting for a disk.
package enum StoredPart: Sendable {
    /// It can be sent from its file now.
    case ready(StoredRange)
    /// It must be read and checked first.
    case unread
    /// It is not in a file as it is sent (silence, or damaged audio), so it must be loaded.
    case computed
    /// The archive does not have it, or not any more.
    case missing
}

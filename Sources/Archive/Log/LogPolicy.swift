// LogPolicy: how a stream's log is kept.

/// How a stream's log is kept.
package struct LogPolicy: Sendable {
    /// When what was written is made to survive a loss of power.
    package enum Sync: String, Sendable, CaseIterable {
        /// After each segment.
        case segment
        /// After each part.
        case part
        /// When the system likes.
        case never
    }

    package var sync = Sync.segment
    /// Seconds of audio that one file holds.
    package var fileSeconds = 3_600
    /// Seconds that can be played.
    package var seconds = 14_400
    /// Seconds for which deleted audio is still there, since a playlist may still name it (RFC 8216 §6.2.2).
    package var graceSeconds = 960
    /// Seconds that are kept in memory, and so can be written later when the disk refuses for a while.
    package var hotSeconds = 900

    package init() {}

    func slots(in seconds: Int, of milliseconds: Int64) -> Int64 {
        max(1, (Int64(seconds) * 1_000 + milliseconds - 1) / milliseconds)
    }
}

// StoreSettings: the configuration's `store`, checked.

import Archive

/// The configuration's `store`, after every value has been checked.
struct StoreSettings {
    var directory: String
    /// Seconds of each stream that are kept in memory.
    var hotSeconds = 900
    var sync = LogPolicy.Sync.segment
    /// What all streams may store together; `nil` when there is no limit.
    var largest: Int?
    /// Seconds of audio in one file.
    var fileSeconds = 3_600
}

// Timestamp: a moment in UTC.

/// A moment in UTC, in whole milliseconds since 1970-01-01.
///
/// Slots, program dates and look-ups all use it; times inside a segment follow from its start and a sample count.
package struct Timestamp: Hashable, Comparable, Sendable {
    package var milliseconds: Int64

    package init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    package static func < (left: Self, right: Self) -> Bool {
        left.milliseconds < right.milliseconds
    }

    package func advanced(byMilliseconds milliseconds: Int64) -> Timestamp {
        Timestamp(milliseconds: self.milliseconds + milliseconds)
    }

    /// Milliseconds from `other` to this moment; negative when `other` is later.
    package func millisecondsSince(_ other: Timestamp) -> Int64 {
        self.milliseconds - other.milliseconds
    }
}

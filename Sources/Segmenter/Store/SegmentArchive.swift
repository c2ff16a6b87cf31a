// SegmentArchive: the segments of a stream that have left memory.

package import NIOCore

/// The segments of a stream that have left memory, as the store sees them.
///
/// Look-ups answer at once from what is in memory; what a disk must be asked for comes through a call back, on a thread of the
/// archive's own.
package protocol SegmentArchive: Sendable {
    /// The slots that can be had, those of an outage between two of them included; `nil` while there is none.
    var slots: ClosedRange<Int64>? { get }

    /// Whether a slot can still be had, although it may not be offered any more.
    func holds(_ slot: Int64) -> Bool

    /// A slot without its audio; `nil` for one that cannot be had.
    func summary(ofSlot slot: Int64) -> SegmentSummary?

    /// How a part can be had.
    func part(_ slot: Int64, _ index: Int) -> StoredPart

    /// How many damaged parts have been found: while it stays the same, so do the lengths of all parts.
    var damagedParts: Int { get }

    /// The first slot behind the newest outage that is computed and ends by `slot`, `nil` when there is none.
    func resumption(notAfter slot: Int64) -> Int64?

    /// All parts of a slot, when all of them can be sent from their file now; `nil` when not.
    func ranges(ofSlot slot: Int64) -> [StoredRange]?

    /// Loads a slot and gives it out on a loop; only so many at a time are on their way, or memory would hold them all.
    func deliver(_ slot: Int64, on loop: any EventLoop, then: @escaping @Sendable (Segment?) -> Void)

    /// Reads and checks a slot, so that its parts are ready.
    func prepare(_ slot: Int64, then: @escaping @Sendable () -> Void)

    /// Reads and checks a slot that will be wanted soon, if nobody has before.
    func readAhead(_ slot: Int64)

    /// Loads a slot with its audio, what is damaged replaced by silence; `nil` for one that cannot be had now.
    func load(_ slot: Int64, then: @escaping @Sendable (Segment?) -> Void)

    /// Loads one part of a slot.
    func loadPart(_ slot: Int64, _ index: Int, then: @escaping @Sendable (LoadedPart) -> Void)

    /// Keeps slots from being deleted for as long as the answer lives, within reason.
    func lease(_ slots: ClosedRange<Int64>) -> any AnyObject & Sendable

    /// Gathers what was on air between two slots, both included.
    func outline(of slots: ClosedRange<Int64>, then: @escaping @Sendable (Outline) -> Void)
}

// SlotGrid: the clock's division into slots and parts.

/// The division of time into slots, and of slots into parts.
///
/// `slot = floor(epoch milliseconds / segment milliseconds)`, and the slot number is the media sequence number: restarts,
/// variants and a second origin agree on it without talking. All arithmetic is in whole milliseconds.
package struct SlotGrid: Hashable, Sendable {
    /// Length of a slot, 2,000 to 12,000 ms.
    package let segmentMilliseconds: Int64
    /// Length of a part in ms; divides the slot.
    package let partMilliseconds: Int64

    /// 5.76 s: at 48 kHz exactly 270 AAC-LC, 240 MP3 or 288 Opus frames.
    package static let standard = SlotGrid(validSegment: 5_760, part: 960)

    private init(validSegment: Int64, part: Int64) {
        self.segmentMilliseconds = validSegment
        self.partMilliseconds = part
    }

    /// Makes a grid, or returns `nil` unless the slot is 2 to 12 s and the part divides it and is at least 100 ms.
    package init?(segmentMilliseconds: Int64, partMilliseconds: Int64) {
        guard (2_000...12_000).contains(segmentMilliseconds), partMilliseconds >= 100,
            partMilliseconds <= segmentMilliseconds, segmentMilliseconds % partMilliseconds == 0
        else { return nil }
        self.init(validSegment: segmentMilliseconds, part: partMilliseconds)
    }

    package var partsPerSlot: Int {
        Int(self.segmentMilliseconds / self.partMilliseconds)
    }

    /// The slot that holds `time`.
    package func slot(at time: Timestamp) -> Int64 {
        let (quotient, remainder) = time.milliseconds.quotientAndRemainder(dividingBy: self.segmentMilliseconds)
        return remainder < 0 ? quotient - 1 : quotient
    }

    /// The first moment of a slot.
    package func edge(ofSlot slot: Int64) -> Timestamp {
        Timestamp(milliseconds: slot * self.segmentMilliseconds)
    }

    /// The first moment of a part; part `partsPerSlot` is the next slot's edge.
    package func edge(ofSlot slot: Int64, part: Int) -> Timestamp {
        Timestamp(milliseconds: slot * self.segmentMilliseconds + Int64(part) * self.partMilliseconds)
    }
}

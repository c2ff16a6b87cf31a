// StreamCursor: a reader's place in a stream.

/// A reader's place in a stream: the next frame it has not been given.
package struct StreamCursor: Hashable, Sendable {
    package private(set) var slot: Int64
    package private(set) var part: Int
    /// The first frame wanted of that part; 0 from the second part on.
    package private(set) var frame: Int

    package init(slot: Int64, part: Int = 0, frame: Int = 0) {
        self.slot = slot
        self.part = part
        self.frame = frame
    }

    package enum Step: Sendable {
        /// A part, to be taken from a frame on; behind the newest there is none.
        case part(Part, fromFrame: Int, isNewest: Bool)
        /// The next part has left memory: take it from the archive, then `advance`.
        case archived(any SegmentArchive)
        case caughtUp
        /// The rewind window has passed the place.
        case expired
    }

    /// Gives the next part and moves behind it.
    package mutating func next(in store: SegmentStore) -> Step {
        switch store.part(self.slot, self.part) {
        case .found(let part, let isLast, let isNewest):
            let frame = self.frame
            self.advance(isLast: isLast)
            return .part(part, fromFrame: frame, isNewest: isNewest)
        case .archived(let archive):
            return .archived(archive)
        case .notYet:
            return .caughtUp
        case .expired:
            return .expired
        }
    }

    /// Moves behind a part that came from the archive.
    package mutating func advance(in grid: SlotGrid) {
        self.advance(isLast: self.part + 1 >= grid.partsPerSlot)
    }

    private mutating func advance(isLast: Bool) {
        self.frame = 0
        if isLast {
            self.slot += 1
            self.part = 0
        } else {
            self.part += 1
        }
    }

    /// The place's distance from the first part of slot 0, in parts: differences are distances on the clock.
    package func ordinal(in grid: SlotGrid) -> Int64 {
        self.slot * Int64(grid.partsPerSlot) + Int64(self.part)
    }
}

extension StreamCursor: Comparable {
    package static func < (left: Self, right: Self) -> Bool {
        (left.slot, left.part, left.frame) < (right.slot, right.part, right.frame)
    }
}

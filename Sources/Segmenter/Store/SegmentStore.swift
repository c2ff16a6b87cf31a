// SegmentStore: the rewind window of one stream, in memory.

internal import DequeModule
internal import Synchronization

/// The rewind window of one stream, readable from any thread.
///
/// One writer appends; readers look up. Slots have no holes, so finding one is an index, not a search. No lock is held while
/// bytes move.
package final class SegmentStore: Sendable {
    private struct State {
        var segments: Deque<Segment> = []
    }

    package enum PartLookUp: Sendable {
        /// `isLast` of its complete segment, `isNewest` of all.
        case found(Part, isLast: Bool, isNewest: Bool)
        case notYet
        case expired
    }

    package enum SegmentLookUp: Sendable {
        case found(Segment)
        case notYet
        case expired
    }

    package let grid: SlotGrid
    /// Slots kept besides the open one.
    package let depth: Int
    private let state = Mutex(State())

    /// Makes an empty store that keeps `seconds` of complete segments.
    package init(grid: SlotGrid, seconds: Int) {
        self.grid = grid
        self.depth = max(1, (seconds * 1_000 + Int(grid.segmentMilliseconds) - 1) / Int(grid.segmentMilliseconds))
    }

    /// Makes a part readable and drops what the window has passed.
    package func append(_ publication: Publication) {
        let passed = self.state.withLock { state -> Segment? in
            if state.segments.last?.slot != publication.segment.slot {
                state.segments.append(Segment(header: publication.segment, partCount: self.grid.partsPerSlot))
            }
            let last = state.segments.count - 1
            state.segments[last].append(publication.part, isLast: publication.completesSegment)
            return state.segments.count > self.depth + 1 ? state.segments.popFirst() : nil
        }
        // Freed here, outside the lock.
        _ = passed
    }

    /// Finds a part by slot and index.
    package func part(_ slot: Int64, _ index: Int) -> PartLookUp {
        self.state.withLock { state in
            guard let first = state.segments.first?.slot else { return .notYet }
            guard slot >= first else { return .expired }
            let place = Int(slot - first)
            guard place < state.segments.count, index < state.segments[place].parts.count else { return .notYet }
            let isEnd = index == state.segments[place].parts.count - 1
            return .found(
                state.segments[place].parts[index],
                isLast: isEnd && state.segments[place].isComplete,
                isNewest: isEnd && place == state.segments.count - 1
            )
        }
    }

    /// Finds a segment by slot, complete or open.
    package func segment(_ slot: Int64) -> SegmentLookUp {
        self.state.withLock { state in
            guard let first = state.segments.first?.slot else { return .notYet }
            guard slot >= first else { return .expired }
            let place = Int(slot - first)
            return place < state.segments.count ? .found(state.segments[place]) : .notYet
        }
    }

    /// The newest complete segments, at most `count`, oldest first.
    package func newestComplete(_ count: Int) -> [Segment] {
        self.state.withLock { state in
            let end = state.segments.last?.isComplete == false ? state.segments.count - 1 : state.segments.count
            return Array(state.segments[max(0, end - count)..<max(0, end)])
        }
    }

    /// The newest segment that has a part, complete or open.
    package var newest: Segment? {
        self.state.withLock { $0.segments.last }
    }

    /// The slots held, the open one included, or `nil` before the first part.
    package var slots: ClosedRange<Int64>? {
        self.state.withLock { state in
            guard let first = state.segments.first, let last = state.segments.last else { return nil }
            return first.slot...last.slot
        }
    }

    /// The newest complete slot.
    package var lastCompleteSlot: Int64? {
        self.state.withLock { state in
            guard let last = state.segments.last else { return nil }
            if last.isComplete { return last.slot }
            return state.segments.count > 1 ? last.slot - 1 : nil
        }
    }

    /// The place behind the newest part.
    package var liveEdge: StreamCursor? {
        self.state.withLock { state in
            guard let last = state.segments.last else { return nil }
            return last.isComplete
                ? StreamCursor(slot: last.slot + 1) : StreamCursor(slot: last.slot, part: last.parts.count)
        }
    }

    /// The media time behind the newest part.
    package var liveEdgeTime: Timestamp? {
        self.state.withLock { state in
            state.segments.last.map { $0.header.time(afterSamples: $0.sampleCount) }
        }
    }
}

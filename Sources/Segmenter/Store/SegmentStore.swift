// SegmentStore: the rewind window of one stream.

internal import DequeModule
internal import Synchronization

/// The rewind window of one stream, readable from any thread: its newest segments in memory, older ones in an archive.
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
        /// It has left memory: its segment is complete.
        case archived(any SegmentArchive)
        case notYet
        case expired
    }

    package enum SegmentLookUp: Sendable {
        case found(Segment)
        case archived(any SegmentArchive)
        case notYet
        case expired
    }

    package let grid: SlotGrid
    /// Slots of the window besides the open one.
    package let depth: Int
    /// Where segments are that have left memory; `nil` when the window is in memory alone.
    package let archive: (any SegmentArchive)?
    /// Slots kept in memory besides the open one.
    private let hotDepth: Int
    private let state = Mutex(State())

    /// Makes a store that keeps `seconds` of complete segments in memory.
    package convenience init(grid: SlotGrid, seconds: Int) {
        self.init(grid: grid, seconds: seconds, hotSeconds: seconds, archive: nil, newest: nil)
    }

    /// Makes a store with `hotSeconds` of segments in memory before an archive; `newest` is the archive's newest segment.
    package init(
        grid: SlotGrid,
        seconds: Int,
        hotSeconds: Int,
        archive: (any SegmentArchive)?,
        newest: Segment?
    ) {
        self.grid = grid
        self.depth = Self.slots(in: seconds, grid)
        self.hotDepth = archive == nil ? self.depth : min(Self.slots(in: hotSeconds, grid), self.depth)
        self.archive = archive
        if let newest { self.state.withLock { $0.segments.append(newest) } }
    }

    private static func slots(in seconds: Int, _ grid: SlotGrid) -> Int {
        max(1, (seconds * 1_000 + Int(grid.segmentMilliseconds) - 1) / Int(grid.segmentMilliseconds))
    }

    /// Makes a part readable and drops what memory should not keep any longer.
    package func append(_ publication: Publication) {
        let passed = self.state.withLock { state -> [Segment] in
            var passed: [Segment] = []
            if self.archive == nil { self.bridge(to: publication.segment.slot, &state) }
            if let last = state.segments.last?.slot, !(last...last + 1).contains(publication.segment.slot) {
                // Behind an outage that is computed, or what was imported lies ahead: the rest is in the archive.
                passed.append(contentsOf: state.segments)
                state.segments.removeAll()
            }
            if state.segments.last?.slot != publication.segment.slot {
                state.segments.append(Segment(header: publication.segment, partCount: self.grid.partsPerSlot))
            }
            let last = state.segments.count - 1
            state.segments[last].append(publication.part, isLast: publication.completesSegment)
            if state.segments.count > self.hotDepth + 1, let first = state.segments.popFirst() { passed.append(first) }
            return passed
        }
        // Freed here, outside the lock.
        _ = passed
    }

    /// Makes older segments readable, in a store without an archive: a run that ends where the store begins.
    ///
    /// What is more than the window holds is left out.
    package func prepend(_ older: [Segment]) {
        self.state.withLock { state in
            guard let first = state.segments.first?.slot else {
                state.segments.append(contentsOf: older.suffix(self.depth))
                return
            }
            var next = first - 1
            // The window may have moved since the run was made: what does not adjoin would be found under other slots.
            for segment in older.reversed() where segment.slot == next && state.segments.count <= self.depth {
                state.segments.prepend(segment)
                next -= 1
            }
        }
    }

    /// Takes the archive's newest segment for the window's newest, in a store that has none.
    package func restore(_ newest: Segment) {
        self.state.withLock { state in
            if state.segments.isEmpty { state.segments.append(newest) }
        }
    }

    /// Puts silence between the newest segment and a later slot, where no archive computes it.
    private func bridge(to slot: Int64, _ state: inout State) {
        guard let last = state.segments.last, last.isComplete, slot > last.slot + 1,
            slot - last.slot <= Int64(self.depth), let silence = last.silence
        else { return }
        let first = last.header.following(samples: last.sampleCount)
        let run = SilentRun(first: first, silence: silence, grid: self.grid)
        for silent in last.slot + 1..<slot { state.segments.append(run.segment(silent)) }
        while state.segments.count > self.hotDepth { state.segments.removeFirst() }
    }

    /// Forgets all but the open segment, which live listeners hear the rest of; or all, when `keepsOpen` is false.
    package func reset(keepsOpen: Bool) {
        let passed = self.state.withLock { state -> Deque<Segment> in
            let all = state.segments
            state.segments.removeAll()
            if keepsOpen, let open = all.last, !open.isComplete { state.segments.append(open) }
            return all
        }
        _ = passed
    }

    /// Finds a part by slot and index.
    package func part(_ slot: Int64, _ index: Int) -> PartLookUp {
        let found = self.state.withLock { state -> PartLookUp in
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
        guard case .expired = found, let archive = self.holder(of: slot) else { return found }
        return .archived(archive)
    }

    /// Finds a segment by slot, complete or open.
    package func segment(_ slot: Int64) -> SegmentLookUp {
        let found = self.state.withLock { state -> SegmentLookUp in
            guard let first = state.segments.first?.slot else { return .notYet }
            guard slot >= first else { return .expired }
            let place = Int(slot - first)
            return place < state.segments.count ? .found(state.segments[place]) : .notYet
        }
        guard case .expired = found, let archive = self.holder(of: slot) else { return found }
        return .archived(archive)
    }

    /// The archive, if it has a slot that is not in memory any more.
    private func holder(of slot: Int64) -> (any SegmentArchive)? {
        guard let archive = self.archive, archive.holds(slot) else { return nil }
        return archive
    }

    /// A slot without its audio, complete or open; `nil` for one that is not there.
    package func summary(ofSlot slot: Int64) -> SegmentSummary? {
        switch self.segment(slot) {
        case .found(let segment): segment.summary
        case .archived(let archive): archive.summary(ofSlot: slot)
        case .notYet, .expired: nil
        }
    }

    /// The newest complete segments in memory, at most `count`, oldest first.
    package func newestComplete(_ count: Int) -> [Segment] {
        self.state.withLock { state in
            let end = state.segments.last?.isComplete == false ? state.segments.count - 1 : state.segments.count
            return Array(state.segments[max(0, end - count)..<max(0, end)])
        }
    }

    /// The newest complete segments without their audio, at most `count` of those from a slot on, oldest first.
    package func newestSummaries(_ count: Int, from first: Int64 = .min) -> [SegmentSummary] {
        guard let last = self.lastCompleteSlot, let oldest = self.slots?.lowerBound else { return [] }
        let begin = max(oldest, first, last - Int64(count) + 1)
        guard begin <= last else { return [] }
        return (begin...last).compactMap { self.summary(ofSlot: $0) }
    }

    /// The newest segment that has a part, complete or open.
    package var newest: Segment? {
        self.state.withLock { $0.segments.last }
    }

    /// The slots of the window, the open one included, or `nil` before the first part.
    package var slots: ClosedRange<Int64>? {
        let hot = self.state.withLock { state -> ClosedRange<Int64>? in
            guard let first = state.segments.first, let last = state.segments.last else { return nil }
            return first.slot...last.slot
        }
        guard let hot, let oldest = self.archive?.slots?.lowerBound else { return hot }
        return max(min(oldest, hot.lowerBound), hot.upperBound - Int64(self.depth))...hot.upperBound
    }

    /// The newest complete slot.
    package var lastCompleteSlot: Int64? {
        guard let newest = self.newest else { return nil }
        if newest.isComplete { return newest.slot }
        guard let oldest = self.slots?.lowerBound, oldest < newest.slot else { return nil }
        return newest.slot - 1
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

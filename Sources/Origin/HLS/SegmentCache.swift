// SegmentCache: the segments that players ask for now, packaged.

package import HLS
package import Segmenter
internal import Synchronization

/// Packages segments on request and keeps the newest, which all players of a stream ask for at about the same time.
package final class SegmentCache: Sendable {
    private struct Entry {
        let slot: Int64
        let container: Container
        let segment: PreparedSegment
    }

    private static let capacity = 8
    private let grid: SlotGrid
    private let newestFirst = Mutex<[Entry]>([])
    /// Those from the archive, as they were asked for.
    private let recent = Mutex<[Entry]>([])

    package init(grid: SlotGrid) {
        self.grid = grid
    }

    /// A complete segment in a container; `life` is how many seconds it will stay in the rewind window.
    package func prepared(_ segment: Segment, in container: Container, life: Int64) -> PreparedSegment {
        if let known = self.newestFirst.withLock({ Self.find(segment.slot, container, in: $0) }) { return known }
        let prepared = PreparedSegment(segment, in: container, grid: self.grid, life: life)
        self.newestFirst.withLock { entries in
            guard Self.find(segment.slot, container, in: entries) == nil else { return }
            let place = entries.firstIndex { $0.slot < segment.slot } ?? entries.count
            entries.insert(Entry(slot: segment.slot, container: container, segment: prepared), at: place)
            if entries.count > Self.capacity { entries.removeLast() }
        }
        return prepared
    }

    /// A segment as it was packaged before, if it is still kept.
    package func known(_ slot: Int64, in container: Container) -> PreparedSegment? {
        self.newestFirst.withLock { Self.find(slot, container, in: $0) }
            ?? self.recent.withLock { Self.find(slot, container, in: $0) }
    }

    /// Packages a segment that has left memory, and keeps it for as long as not too many others are asked for.
    package func prepared(archived segment: Segment, in container: Container, life: Int64) -> PreparedSegment {
        if let known = self.known(segment.slot, in: container) { return known }
        let prepared = PreparedSegment(segment, in: container, grid: self.grid, life: life)
        self.recent.withLock { recent in
            recent.append(Entry(slot: segment.slot, container: container, segment: prepared))
            if recent.count > Self.capacity { recent.removeFirst() }
        }
        return prepared
    }

    /// Forgets what was packaged.
    func forget() {
        self.newestFirst.withLock { $0.removeAll() }
        self.recent.withLock { $0.removeAll() }
    }

    private static func find(_ slot: Int64, _ container: Container, in entries: [Entry]) -> PreparedSegment? {
        entries.first { $0.slot == slot && $0.container == container }?.segment
    }
}

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

    private static func find(_ slot: Int64, _ container: Container, in entries: [Entry]) -> PreparedSegment? {
        entries.first { $0.slot == slot && $0.container == container }?.segment
    }
}

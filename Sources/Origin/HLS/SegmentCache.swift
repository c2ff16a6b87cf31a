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
    /// About a fifth of a megabyte for each stream.
    private static let mostOpenings = 512
    private let grid: SlotGrid
    private let newestFirst = Mutex<[Entry]>([])
    /// Those from the archive, as they were asked for.
    private let recent = Mutex<[Entry]>([])
    private let openings = Mutex<[Int64: StoredSegment]>([:])

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

    /// What stands before the audio of a packed segment that is in a file, if it is still kept.
    package func stored(_ slot: Int64) -> StoredSegment? {
        self.openings.withLock { $0[slot] }
    }

    /// Keeps what stands before the audio of a packed segment that is in a file: a few hundred octets.
    package func keep(_ stored: StoredSegment, slot: Int64) {
        self.openings.withLock { openings in
            if openings.count >= Self.mostOpenings { openings.removeAll(keepingCapacity: true) }
            openings[slot] = stored
        }
    }

    /// Forgets what was packaged.
    func forget() {
        self.openings.withLock { $0.removeAll() }
        self.newestFirst.withLock { $0.removeAll() }
        self.recent.withLock { $0.removeAll() }
    }

    private static func find(_ slot: Int64, _ container: Container, in entries: [Entry]) -> PreparedSegment? {
        entries.first { $0.slot == slot && $0.container == container }?.segment
    }
}

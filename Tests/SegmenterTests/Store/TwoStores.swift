// TwoStores: the same audio in memory alone, and before an archive.

import NIOCore
import Testing

@testable import Segmenter

/// The same audio in a store that is in memory alone, and in one before an archive: both must say the same.
struct TwoStores {
    let whole: SegmentStore
    let tiered: SegmentStore
    let archive: MemoryArchive

    init(_ published: [Publication], seconds: Int = 14_400, hotSeconds: Int = 12, silence: SilentRun? = nil) {
        self.whole = SegmentStore(grid: .standard, seconds: seconds)
        self.archive = MemoryArchive(silence: silence)
        self.tiered = SegmentStore(
            grid: .standard,
            seconds: seconds,
            hotSeconds: hotSeconds,
            archive: self.archive,
            newest: nil
        )
        self.append(published)
    }

    func append(_ published: [Publication]) {
        self.archive.store(published)
        for publication in published {
            self.whole.append(publication)
            self.tiered.append(publication)
        }
    }

    /// What the store before the archive finds, with the slots that it had to be given.
    func place(_ ask: (SegmentStore, [Segment]) -> PlaceLookUp) throws -> (found: PlaceLookUp, loads: [Int64]) {
        var loaded: [Segment] = []
        while true {
            let found = ask(self.tiered, loaded)
            guard case .needs(let slot) = found else { return (found, loaded.map(\.slot)) }
            try #require(!loaded.contains { $0.slot == slot })
            loaded.append(try #require(self.archive.segment(slot)))
        }
    }

    /// The excerpt that the store before the archive finds, with the slots that it had to be given.
    func excerpt(from: Timestamp, to: Timestamp) throws -> (found: Excerpt.LookUp, loads: [Int64]) {
        var loaded: [Segment] = []
        while true {
            let found = self.tiered.excerpt(from: from, to: to, with: loaded)
            guard case .needs(let slot) = found else { return (found, loaded.map(\.slot)) }
            try #require(!loaded.contains { $0.slot == slot })
            loaded.append(try #require(self.archive.segment(slot)))
        }
    }

    /// The frames from one place to another, read from the store in memory.
    func bytes(from start: StreamCursor, to end: StreamCursor) -> ByteBuffer {
        var cursor = start
        var bytes = ByteBuffer()
        while cursor < end {
            let place = cursor
            guard case .part(let part, let frame, _) = cursor.next(in: self.whole) else { return bytes }
            let isLast = place.slot == end.slot && place.part == end.part
            let stop = part.byteOffset(ofFrame: isLast ? end.frame : part.frameCount)
            let begin = part.byteOffset(ofFrame: frame)
            if let slice = part.bytes.getSlice(at: part.bytes.readerIndex + begin, length: stop - begin) {
                bytes.writeImmutableBuffer(slice)
            }
        }
        return bytes
    }
}

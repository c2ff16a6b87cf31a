// RewindExport: a rewind as it is carried from one server to another.

package import NIOCore
package import Segmenter

/// A rewind as it is carried from one server to another: a log, as files hold it, of as many runs as there were.
///
/// A header begins each run and each stretch behind a hole, so the export has the log's version and its checksums.
package struct RewindExport {
    private let grid: SlotGrid
    private var last: SegmentHeader?

    package init(grid: SlotGrid) {
        self.grid = grid
    }

    /// Encodes the next segment; `nil` for one without frames.
    package mutating func encode(_ segment: Segment) -> ByteBuffer? {
        guard let silence = segment.silence else { return nil }
        var bytes = ByteBuffer()
        if !self.continues(segment.header) {
            let header = LogHeader(
                grid: self.grid,
                first: segment.header,
                created: segment.header.start,
                silence: silence.bytes
            )
            bytes.writeImmutableBuffer(header.encoded())
        }
        self.last = segment.header
        for (place, part) in segment.parts.enumerated() {
            let isLast = segment.isComplete && place == segment.parts.count - 1
            let (head, audio) = PartRecord(segment: segment.header, part: part, completesSegment: isLast).encoded()
            bytes.writeImmutableBuffer(head)
            bytes.writeImmutableBuffer(audio)
        }
        return bytes
    }

    private func continues(_ header: SegmentHeader) -> Bool {
        guard let last = self.last else { return false }
        return header.slot == last.slot + 1 && header.format == last.format
            && header.discontinuitySequence == last.discontinuitySequence
    }
}

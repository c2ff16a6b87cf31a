// StoredSegment: a packed segment whose audio stays in its file.

internal import HLS
internal import NIOCore
internal import Segmenter

/// A packed segment whose audio stays in its file: only what stands before the audio is kept, for all who ask.
///
/// Packed audio is one tag and then the frames as they are stored, so they can go from the file to a socket untouched.
package struct StoredSegment: Sendable {
    /// The headers after the status line, their blank line and the tag.
    let opening: ByteBuffer

    init(_ segment: Segment, life: Int64) {
        let pieces = PackedAudio.segment(segment)
        let length = pieces.reduce(0) { $0 + $1.readableBytes }
        let tag = PreparedSegment.entityTag(segment, length: length)
        var headers = PreparedSegment.common(segment, in: .packedAudio, tag: tag, life: life)
        headers.add("Content-Length", String(length))
        var opening = headers.finished()
        if let first = pieces.first { opening.writeImmutableBuffer(first) }
        self.opening = opening
    }

    /// Where the audio lies now; `nil` unless all of it can be sent from its file at once.
    static func audio(of slot: Int64, in archive: any SegmentArchive, grid: SlotGrid) -> [StoredRange]? {
        var ranges: [StoredRange] = []
        ranges.reserveCapacity(grid.partsPerSlot)
        for part in 0..<grid.partsPerSlot {
            guard case .ready(let range) = archive.part(slot, part) else { return nil }
            ranges.append(range)
        }
        return ranges
    }
}

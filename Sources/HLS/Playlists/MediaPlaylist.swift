// MediaPlaylist: the live playlist of a stream in one container.

package import NIOCore
package import Segmenter

/// Renders the live media playlists of one stream in one container (RFC 8216 §4.3.3).
///
/// What does not change for the life of the playlist is decided here and once: target duration and URIs follow from
/// the grid, never from what was observed.
package struct MediaPlaylist: Sendable {
    /// The lowest version that has fractional EXTINF (RFC 8216 §7); clients refuse versions that they do not know.
    private static let version: StaticString = "#EXT-X-VERSION:3\n"
    /// The longest frame that a segment may hold beyond its slot: 1,024 samples at 8 kHz.
    private static let longestFrameMilliseconds: Int64 = 128
    /// About what one segment's lines take, beside its URI's prefix.
    private static let entrySize = 96

    private let container: Container
    private let grid: SlotGrid
    /// What stands before the number in each URI; the grid is part of it, since numbers mean nothing without one.
    private let uriPrefix: String

    /// Makes the playlist of a container; `prefix` leads from the playlist's address to that of the container.
    ///
    /// For `/test.m3u8` the prefix is `test/ts/`, for `/test/ts/live.m3u8` it is empty.
    package init(container: Container, grid: SlotGrid, prefix: String) {
        self.container = container
        self.grid = grid
        self.uriPrefix = "\(prefix)\(grid.segmentMilliseconds)-\(grid.partMilliseconds)/"
    }

    /// Renders the complete ones of a run of segments, or returns `nil` if there is none.
    ///
    /// The numbers of a playlist follow from its first (RFC 8216 §4.3.3.2), so of segments that do not follow each
    /// other only the last run is listed.
    package func render(_ segments: some BidirectionalCollection<SegmentSummary>) -> ByteBuffer? {
        let listed = Self.lastCompleteRun(of: segments)
        guard let first = listed.first else { return nil }
        var text = ByteBuffer()
        text.reserveCapacity(256 + listed.count * (Self.entrySize + self.uriPrefix.utf8.count))
        self.writeHeader(of: first.header, to: &text)
        for segment in listed { self.writeEntry(of: segment, to: &text) }
        return text
    }

    private static func lastCompleteRun(of segments: some BidirectionalCollection<SegmentSummary>) -> [SegmentSummary] {
        var run: [SegmentSummary] = []
        for segment in segments.reversed() {
            guard segment.isComplete else {
                if run.isEmpty { continue }
                break
            }
            if let next = run.last, next.slot != segment.slot + 1 { break }
            run.append(segment)
        }
        return run.reversed()
    }

    private func writeHeader(of first: SegmentHeader, to text: inout ByteBuffer) {
        text.writeStaticString("#EXTM3U\n")
        text.writeStaticString(Self.version)
        text.writeLine("#EXT-X-TARGETDURATION:", self.targetDuration)
        text.writeLine("#EXT-X-MEDIA-SEQUENCE:", first.slot)
        // The first segment's own tag, when listed, counts for that segment (RFC 8216 §6.2.1).
        let precedingDiscontinuities = first.discontinuitySequence - (first.isDiscontinuous ? 1 : 0)
        text.writeLine("#EXT-X-DISCONTINUITY-SEQUENCE:", precedingDiscontinuities)
        // MP3 frames take bits from the frames before them, across segments too.
        if first.format.codec == .aac { text.writeStaticString("#EXT-X-INDEPENDENT-SEGMENTS\n") }
    }

    private var targetDuration: Int64 {
        (self.grid.segmentMilliseconds + Self.longestFrameMilliseconds + 500) / 1_000
    }

    private func writeEntry(of segment: SegmentSummary, to text: inout ByteBuffer) {
        self.writeOpening(of: segment.header, to: &text)
        text.writeStaticString("#EXTINF:")
        text.writeSeconds(ofSamples: segment.sampleCount, sampleRate: segment.header.format.sampleRate)
        text.writeStaticString(",\n")
        self.writeURI(of: segment.header, to: &text)
        text.writeStaticString("\n")
    }

    /// Writes the tags that stand before anything else of a segment, its parts included (RFC 8216bis §4.4.4.9).
    private func writeOpening(of header: SegmentHeader, to text: inout ByteBuffer) {
        if header.isDiscontinuous { text.writeStaticString("#EXT-X-DISCONTINUITY\n") }
        text.writeStaticString("#EXT-X-PROGRAM-DATE-TIME:")
        header.start.writeRFC3339(to: &text)
        text.writeStaticString("\n")
    }

    private func writeURI(of header: SegmentHeader, to text: inout ByteBuffer) {
        text.writeString(self.uriPrefix)
        text.writeDecimal(header.slot)
        text.writeStaticString(".")
        text.writeString(self.container.fileExtension(for: header.format.codec))
    }
}

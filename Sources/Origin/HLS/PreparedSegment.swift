// PreparedSegment: a segment in a container, with its headers, made once.

internal import HLS
package import NIOCore
internal import Segmenter

/// A segment in a container, with the headers of its answer, made once for all who ask.
package struct PreparedSegment: Sendable {
    /// The headers after the status line, their blank line and the body, in one run for one write.
    let answer: ByteBuffer
    /// The body alone.
    package let body: ByteBuffer
    let entityTag: String
    /// Headers that any answer about the segment has.
    private let common: HeaderBlock

    /// Packages a complete segment; `life` is how many seconds it will stay in the rewind window.
    init(_ segment: Segment, in container: Container, grid: SlotGrid, life: Int64) {
        let pieces: [ByteBuffer] =
            switch container {
            case .packedAudio: PackedAudio.segment(segment)
            case .transportStream: [TransportStream(grid: grid).segment(segment)]
            }
        let length = pieces.reduce(0) { $0 + $1.readableBytes }
        self.entityTag = Self.entityTag(segment, length: length)
        let common = Self.common(segment, in: container, tag: self.entityTag, life: life)
        self.common = common
        var answer = Self.head(common, length: length, reserving: length)
        let start = answer.writerIndex
        for piece in pieces { answer.writeImmutableBuffer(piece) }
        self.answer = answer
        self.body = answer.getSlice(at: start, length: length) ?? ByteBuffer()
    }

    /// The headers of an answer with the whole body, or none of it for a `HEAD`.
    var head: ByteBuffer { Self.head(self.common, length: self.body.readableBytes, reserving: 0) }

    /// The headers of an answer without a body.
    var bareHead: ByteBuffer { self.common.finished() }

    /// The headers of an answer with a part of the body, or with none when `range` is `nil`.
    func head(range: Range<Int>?) -> ByteBuffer {
        var head = self.common
        let length = self.body.readableBytes
        if let range {
            head.add("Content-Range", "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(length)")
        } else {
            head.add("Content-Range", "bytes */\(length)")
        }
        head.add("Content-Length", String(range?.count ?? 0))
        return head.finished()
    }

    /// What names the segment's octets: its place, where its run began, and its length.
    static func entityTag(_ segment: Segment, length: Int) -> String {
        "\"\(segment.slot)-\(segment.header.firstSample)-\(length)\""
    }

    /// Headers that any answer about a segment has.
    static func common(_ segment: Segment, in container: Container, tag: String, life: Int64) -> HeaderBlock {
        var common = HeaderBlock()
        common.add("Content-Type", container.contentType(for: segment.header.format.codec))
        common.add("ETag", tag)
        common.add("Cache-Control", "public, max-age=\(life), immutable")
        common.add("Accept-Ranges", "bytes")
        common.addCORS()
        return common
    }

    private static func head(_ common: HeaderBlock, length: Int, reserving capacity: Int) -> ByteBuffer {
        var head = common
        head.reserve(capacity)
        head.add("Content-Length", String(length))
        return head.finished()
    }
}

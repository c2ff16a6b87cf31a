// PackedAudio: frames behind an ID3 tag.

package import NIOCore
package import Segmenter

/// Packed audio (RFC 8216 §3.4): the frames as the encoder sent them, behind exactly one ID3 tag.
///
/// A segment is not the concatenation of its parts, since each begins with a tag of its own; players that get a second
/// tag inside a segment take it for audio. The frames are shared with the store, not copied.
package enum PackedAudio {
    /// A segment: its tag, then the octets of each of its parts.
    package static func segment(_ segment: Segment) -> [ByteBuffer] {
        [Self.tag(of: segment)] + segment.parts.map(\.bytes)
    }

    /// A part: its tag, then its octets.
    package static func part(_ part: Part, of header: SegmentHeader) -> [ByteBuffer] {
        [Self.tag(of: header, samplesBefore: part.samplesBefore, title: part.title), part.bytes]
    }

    /// The size of a segment as served, in octets.
    package static func byteCount(of segment: Segment) -> Int {
        Self.tag(of: segment).readableBytes + segment.byteCount
    }

    private static func tag(of segment: Segment) -> ByteBuffer {
        Self.tag(of: segment.header, samplesBefore: 0, title: segment.parts.first?.title)
    }

    private static func tag(of header: SegmentHeader, samplesBefore: Int64, title: Title?) -> ByteBuffer {
        let time = PresentationTime(
            sample: header.firstSample + samplesBefore,
            sampleRate: header.format.sampleRate
        )
        return ID3Tag(time: time, title: title?.text).bytes
    }
}

// Container: the ways in which a segment's frames are packaged.

package import Segmenter

/// A way to package the frames of a segment, by the name that it has in a stream's paths.
package enum Container: String, Hashable, Sendable, CaseIterable {
    /// MPEG-2 transport stream (RFC 8216 §3.2), which every player and device takes.
    case transportStream = "ts"
    /// The frames as they are, behind an ID3 tag with their time (RFC 8216 §3.4).
    case packedAudio = "packed"

    /// The ending of a segment's path, without the dot: FFmpeg refuses any that is out of the ordinary.
    package func fileExtension(for codec: AudioFormat.Codec) -> String {
        switch (self, codec) {
        case (.transportStream, _): "ts"
        case (.packedAudio, .mp3): "mp3"
        case (.packedAudio, .aac): "aac"
        }
    }

    /// The media type of a segment (Apple HLS Authoring Specification 10.4).
    package func contentType(for codec: AudioFormat.Codec) -> String {
        switch (self, codec) {
        case (.transportStream, _): "video/mp2t"
        case (.packedAudio, .mp3): "audio/mpeg"
        case (.packedAudio, .aac): "audio/aac"
        }
    }

    /// The size of a segment as served, in octets.
    package func byteCount(of segment: Segment, grid: SlotGrid) -> Int {
        switch self {
        case .transportStream: TransportStream(grid: grid).byteCount(of: segment)
        case .packedAudio: PackedAudio.byteCount(of: segment)
        }
    }
}

// RewindDumpHeader: what a dump says of itself.

package import Segmenter

/// What a StreamMachine dump says of itself; its map of HLS segments is of no use here.
package struct RewindDumpHeader: Hashable, Sendable {
    /// When the oldest chunk begins.
    package let start: Timestamp?
    /// When the newest chunk begins.
    package let end: Timestamp?
    package let secondsPerChunk: Double?
    /// Codec, rate and bit rate in one word, such as `mp3-44100-128-s`.
    package let streamKey: String?
}

extension RewindDumpHeader: Decodable {
    private enum CodingKeys: String, CodingKey {
        case start = "start_ts"
        case end = "end_ts"
        case secondsPerChunk = "secs_per_chunk"
        case streamKey = "stream_key"
    }

    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        self.start = try fields.decodeIfPresent(RewindDumpTime.self, forKey: .start)?.timestamp
        self.end = try fields.decodeIfPresent(RewindDumpTime.self, forKey: .end)?.timestamp
        self.secondsPerChunk = try fields.decodeIfPresent(Double.self, forKey: .secondsPerChunk)
        self.streamKey = try fields.decodeIfPresent(String.self, forKey: .streamKey)
    }
}

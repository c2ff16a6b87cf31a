// RewindDumpMeta: the JSON in front of a chunk's audio.

internal import Segmenter

/// The JSON in front of a chunk's audio: when it begins, how long it plays, and what was playing.
///
/// Only the time is needed. Anything odd in the rest counts as absent: an operator wants the audio.
struct RewindDumpMeta: Decodable {
    private enum CodingKeys: String, CodingKey {
        case time = "ts"
        case duration
        case title = "meta"
    }

    private enum TitleKeys: String, CodingKey {
        case text = "StreamTitle"
        case url = "StreamUrl"
    }

    /// A day: no chunk is longer.
    private static let durations = 0.0...86_400_000.0

    let time: Timestamp
    let milliseconds: Int64?
    let title: Title?

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        let time = try fields.decode(RewindDumpTime.self, forKey: .time).timestamp
        self.time = time
        self.milliseconds = (try? fields.decode(Double.self, forKey: .duration))
            .flatMap { Self.durations.contains($0) ? Int64($0.rounded()) : nil }
        let words = try? fields.nestedContainer(keyedBy: TitleKeys.self, forKey: .title)
        let url = try? words?.decode(String.self, forKey: .url)
        self.title = (try? words?.decode(String.self, forKey: .text))
            .map { Title(time: time, text: $0, url: url?.isEmpty == false ? url : nil) }
    }
}

// RewindDumpTime: a moment as JavaScript puts it into JSON.

internal import Segmenter

/// A moment as JavaScript puts it into JSON: a date's ISO 8601 text, or a count of milliseconds since 1970.
struct RewindDumpTime: Decodable {
    let timestamp: Timestamp

    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        let timestamp: Timestamp?
        if let text = try? value.decode(String.self) {
            timestamp = Timestamp(rfc3339: text)
        } else {
            // A number that is no whole count is none of JavaScript's dates.
            timestamp = Timestamp(milliseconds: try value.decode(Int64.self))
        }
        guard let timestamp, DatedAudio.times.contains(timestamp) else {
            throw DecodingError.dataCorruptedError(in: value, debugDescription: "not a time from 1970 to 9999")
        }
        self.timestamp = timestamp
    }
}

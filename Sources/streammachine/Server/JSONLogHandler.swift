// JSONLogHandler: one JSON object a line on standard error.

import Foundation
import Logging
import Segmenter

/// Writes each log message as one JSON object a line on standard error, for log collectors.
struct JSONLogHandler: LogHandler {
    private struct Line: Encodable {
        let time: String
        let level: String
        let label: String
        let message: String
        let metadata: [String: String]
    }

    let label: String
    var logLevel = Logger.Level.info
    var metadata: Logger.Metadata = [:]

    init(label: String) {
        self.label = label
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { self.metadata[key] }
        set { self.metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        guard let line = self.line(for: event, at: Date()) else { return }
        FileHandle.standardError.write(line)
    }

    /// The line of an event, its line break included.
    func line(for event: LogEvent, at moment: Date) -> Data? {
        let all = self.metadata.merging(event.metadata ?? [:]) { _, own in own }
        let line = Line(
            time: Timestamp(milliseconds: Int64(moment.timeIntervalSince1970 * 1_000)).rfc3339,
            level: event.level.rawValue,
            label: self.label,
            message: "\(event.message)",
            metadata: all.mapValues { "\($0)" }
        )
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(line)).map { $0 + Data("\n".utf8) }
    }
}

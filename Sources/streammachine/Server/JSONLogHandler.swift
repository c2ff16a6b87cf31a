// JSONLogHandler: one JSON object a line on standard error.

import Foundation
import Logging

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
        let all = self.metadata.merging(event.metadata ?? [:]) { _, own in own }
        let line = Line(
            time: Date().formatted(.iso8601.time(includingFractionalSeconds: true)),
            level: event.level.rawValue,
            label: self.label,
            message: "\(event.message)",
            metadata: all.mapValues { "\($0)" }
        )
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let text = try? encoder.encode(line) else { return }
        FileHandle.standardError.write(text + Data("\n".utf8))
    }
}

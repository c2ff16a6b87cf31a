// CapturedLog: what was logged.

import Logging
import Synchronization

/// What was logged, for a test to read.
final class CapturedLog: Sendable {
    struct Line: Sendable {
        let level: Logger.Level
        let message: String
        let metadata: Logger.Metadata

        /// A value of the metadata as text.
        subscript(_ key: String) -> String? { self.metadata[key].map { "\($0)" } }
    }

    private struct Handler: LogHandler {
        let log: CapturedLog
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.debug

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { self.metadata[key] }
            set { self.metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let metadata = self.metadata.merging(event.metadata ?? [:]) { $1 }
            self.log.append(Line(level: event.level, message: "\(event.message)", metadata: metadata))
        }
    }

    private let kept = Mutex<[Line]>([])

    var lines: [Line] { self.kept.withLock { $0 } }

    /// What an operator is told of: warnings and errors.
    var complaints: [Line] { self.lines.filter { $0.level >= .warning } }

    var errors: [Line] { self.lines.filter { $0.level >= .error } }

    var logger: Logger { Logger(label: "test") { _ in Handler(log: self) } }

    private func append(_ line: Line) {
        self.kept.withLock { $0.append(line) }
    }
}

// JSONLogHandlerTests: one JSON object a line.

import Foundation
import Logging
import Testing

@testable import streammachine

@Suite struct JSONLogHandlerTests {
    private struct Line: Decodable {
        let time: String
        let level: String
        let label: String
        let message: String
        let metadata: [String: String]
    }

    @Test("a message is one line with its time, level and label, and all metadata as text")
    func oneLine() throws {
        var handler = JSONLogHandler(label: "streammachine")
        handler[metadataKey: "stream"] = "test"
        handler[metadataKey: "peer"] = "192.0.2.1"
        let event = LogEvent(
            level: .warning,
            message: "two\nlines \"quoted\" ü",
            metadata: ["peer": "192.0.2.2", "count": "\(3)"],
            source: "Tests",
            file: #fileID,
            function: #function,
            line: #line
        )
        let data = try #require(handler.line(for: event, at: Date(timeIntervalSince1970: 1_790_000_000.25)))
        #expect(data.last == 0x0A && data.filter { $0 == 0x0A }.count == 1)
        let line = try JSONDecoder().decode(Line.self, from: data)
        #expect(line.time == "2026-09-21T14:13:20.250Z")
        #expect(line.level == "warning" && line.label == "streammachine")
        #expect(line.message == "two\nlines \"quoted\" ü")
        #expect(line.metadata == ["stream": "test", "peer": "192.0.2.2", "count": "3"])
    }

    @Test("it begins at the level info")
    func level() {
        #expect(JSONLogHandler(label: "streammachine").logLevel == .info)
    }
}

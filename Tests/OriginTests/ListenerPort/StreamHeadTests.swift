// StreamHeadTests: the head of endless audio.

import Ingest
import NIOCore
import Segmenter
import Testing

@testable import Origin

@Suite struct StreamHeadTests {
    private let format = AudioFormat(codec: .mp3, profile: 13, channels: 2, sampleRate: 48_000, samplesPerFrame: 1_152)

    private func lines(_ stream: Origin.Stream, interval: Int? = nil, start: Timestamp? = nil) -> [String] {
        let head = StreamHead.render(stream, format: self.format, metadataInterval: interval, start: start, date: "D")
        let text = String(buffer: head)
        #expect(text.hasSuffix("\r\n\r\n"))
        return text.split(separator: "\r\n").map(String.init)
    }

    @Test("a body without length or chunks, as HTTP/1.0 has it")
    func endless() throws {
        let lines = self.lines(try Station().stream)
        #expect(lines.first == "HTTP/1.0 200 OK")
        #expect(lines.contains("Connection: close") && lines.contains("Content-Type: audio/mpeg"))
        #expect(lines.contains("icy-name: test") && lines.contains("icy-pub: 0"))
        let absent = ["content-length", "transfer-encoding", "icy-metaint", "x-start-time", "icy-br"]
        #expect(!lines.contains { line in absent.contains { line.lowercased().hasPrefix($0) } })
    }

    @Test("titles and times show only when they were asked for")
    func optional() throws {
        let start = Timestamp(milliseconds: 1_791_190_800_123)
        let lines = self.lines(try Station().stream, interval: 16_000, start: start)
        #expect(lines.contains("icy-metaint: 16000") && lines.contains("X-Start-Time: 2026-10-05T09:00:00.123Z"))
        #expect(lines.contains { $0.hasPrefix("Access-Control-Expose-Headers:") && $0.contains("X-Start-Time") })
    }

    @Test("what an encoder says of itself is passed on, and cannot break out of its line")
    func fromTheEncoder() throws {
        let station = Station()
        var description = SourceDescription()
        description.name = "Näme\r\nSet-Cookie: x=1"
        description.genre = "Jazz\u{0}"
        description.bitrate = 128
        description.isPublic = true
        let request = SourceRequest(
            mount: "test",
            credentials: station.request().credentials,
            contentType: nil,
            peer: "192.0.2.1",
            description: description,
            userAgent: nil,
            protocol: .put
        )
        _ = station.desk.admit(request, control: Encoder().control)
        station.settle()
        let lines = self.lines(try station.stream)
        #expect(lines.contains("icy-name: Näme  Set-Cookie: x=1") && lines.contains("icy-genre: Jazz "))
        #expect(lines.contains("icy-br: 128") && lines.contains("icy-pub: 1"))
    }
}

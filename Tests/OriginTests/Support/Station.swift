// Station: a server without sockets, under a clock that the test moves.

import Ingest
import Logging
import NIOCore
import NIOEmbedded
import Segmenter
import Testing
import Wire

@testable import Origin

/// A server without sockets: real streams, desk and services on one embedded loop, under a clock that the test moves.
final class Station {
    let loop = EmbeddedEventLoop()
    let clock: TestClock
    let time: StationTime
    let streams: StreamDirectory
    let services: ListenerServices
    let desk: MountDesk
    private static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    init(_ definitions: [StreamDefinition] = [.test()], at start: Int64 = 1_795_000_000_000_000) {
        let clock = TestClock(at: start)
        let time = StationTime { clock.read() }
        let loop = self.loop
        let streams = definitions.map {
            Stream($0, grid: .standard, hlsWindow: 900, time: time, group: loop, home: loop, logger: Self.logger)
        }
        self.clock = clock
        self.time = time
        self.streams = StreamDirectory(streams)
        self.services = ListenerServices(streams: self.streams, time: time, group: loop, logger: Self.logger)
        self.desk = MountDesk(streams: self.streams, time: time, logger: Self.logger)
        for stream in streams { _ = stream.start(every: .milliseconds(100)) }
        loop.run()
    }

    /// The stream `test`.
    var stream: Origin.Stream {
        get throws { try #require(self.streams["test"]) }
    }

    func request(mount: String? = "test", password: String? = "hackme", user: String = "source") -> SourceRequest {
        SourceRequest(
            mount: mount,
            credentials: password.map { BasicCredentials(user: user, password: $0) },
            contentType: nil,
            peer: "192.0.2.1",
            description: SourceDescription(),
            userAgent: "test",
            protocol: .source
        )
    }

    /// Connects an encoder to a mount.
    func connect(_ encoder: Encoder, mount: String = "test") throws {
        let admission = self.desk.admit(self.request(mount: mount), control: encoder.control)
        guard case .accepted(let sink, _) = admission else {
            Issue.record("the source was refused: \(admission)")
            return
        }
        encoder.sink = sink
        self.loop.run()
    }

    /// Lets everything happen that is due now.
    func settle() {
        self.loop.run()
    }

    /// Lets time pass while encoders deliver in real time, every `step` milliseconds one after the other.
    func play(_ seconds: Double, _ encoders: Encoder..., step: Int64 = 50) {
        for index in 0..<Int64(seconds * 1_000) / step {
            for encoder in encoders {
                self.pass(milliseconds: step / Int64(encoders.count))
                encoder.send(seconds: Double(step) / 1_000)
                self.loop.run()
            }
            if encoders.isEmpty || index.isMultiple(of: 64) { self.pass(milliseconds: encoders.isEmpty ? step : 0) }
        }
    }

    private func pass(milliseconds: Int64) {
        self.clock.advance(by: milliseconds * 1_000)
        self.loop.advanceTime(by: .milliseconds(milliseconds))
    }

    /// A station whose stream `test` has had an encoder for so long.
    static func playing(
        _ seconds: Double = 40,
        _ definitions: [StreamDefinition] = [.test()],
        codec: AudioFormat.Codec = .mp3
    ) throws -> (station: Station, encoder: Encoder) {
        let station = Station(definitions)
        let encoder = Encoder(codec)
        try station.connect(encoder)
        station.play(seconds, encoder)
        return (station, encoder)
    }

    /// All parts of the stream `test`.
    var parts: [Part] {
        get throws {
            let stream = try self.stream
            return (stream.store.slots.map(Array.init) ?? []).flatMap { slot -> [Part] in
                guard case .found(let segment) = stream.store.segment(slot) else { return [] }
                return segment.parts
            }
        }
    }

    /// The numbers of the frames on air, without silence.
    var heard: [Int] {
        get throws {
            try self.parts.flatMap { part -> [Int] in
                var bytes = part.bytes
                return part.frameLengths.enumerated().compactMap { index, length in
                    let frame = bytes.readSlice(length: Int(length))
                    guard !part.silences.contains(where: { $0.contains(index) }), let frame else { return nil }
                    return frame.getInteger(at: frame.writerIndex - 8, as: Int64.self).map { Int($0) }
                }
            }
        }
    }

    /// A request as the listener port reads it.
    static func parse(_ line: String, _ headers: [String] = []) throws -> Request {
        var parser = RequestParser()
        var bytes = ByteBuffer(string: ([line + " HTTP/1.1"] + headers).joined(separator: "\r\n") + "\r\n\r\n")
        let request = try parser.next(from: &bytes)
        return try #require(request)
    }

    func answer(_ line: String, _ headers: [String] = []) throws -> Answer {
        Answer(try Self.parse(line, headers), streams: self.streams, now: self.time.now)
    }

    func response(_ line: String, _ headers: [String] = []) throws -> Response {
        try Response(self.answer(line, headers))
    }
}

extension StreamDefinition {
    static func test(_ name: String = "test", isRoot: Bool = false) -> StreamDefinition {
        var definition = StreamDefinition(name: name, sourcePassword: "hackme")
        definition.isRoot = isRoot
        return definition
    }
}

@available(*, unavailable)
extension Station: Sendable {}

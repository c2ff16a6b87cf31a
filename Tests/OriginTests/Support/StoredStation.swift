// StoredStation: a server without sockets whose stream is stored on a real disk.

import Ingest
import Logging
import NIOCore
import NIOEmbedded
import Segmenter
import Testing
import Wire

@testable import Archive
@testable import Origin

/// A server without sockets whose stream `test` is stored on a real disk, under a clock that the test moves.
///
/// The archive's threads are the real ones: `settle` waits until they have done what they were asked.
final class StoredStation: Sendable {
    static let start: Int64 = 1_795_000_000_000_000
    /// Kept for as long as the station.
    private let directory: TemporaryDirectory
    private static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    let loop = NIOAsyncTestingEventLoop()
    let clock: TestClock
    let time: StationTime
    let store: StoreDirectory
    let stored: ArchivedStream
    let stream: Origin.Stream
    let streams: StreamDirectory
    let services: ListenerServices

    /// Opens a directory; memory holds two slots, so that nearly everything is the archive's.
    init(
        _ directory: TemporaryDirectory,
        at start: Int64 = StoredStation.start,
        disk: any Disk = SystemDisk(),
        hlsWindow: Int = 900
    ) async throws {
        let clock = TestClock(at: start)
        self.directory = directory
        self.clock = clock
        self.store = try StoreDirectory(
            directory: directory.path,
            largest: nil,
            disk: disk,
            now: { Timestamp(milliseconds: clock.microseconds / 1_000) },
            logger: Self.logger
        )
        var policy = LogPolicy()
        policy.sync = .never
        policy.hotSeconds = 5
        self.stored = try self.store.open("test", grid: .standard, policy: policy)
        let time = StationTime(notBefore: self.stored.newest?.summary.end) { clock.read() }
        self.time = time
        self.stream = Origin.Stream(
            .test(),
            grid: .standard,
            stored: self.stored,
            hotSeconds: 5,
            hlsWindow: hlsWindow,
            time: time,
            group: self.loop,
            home: self.loop,
            logger: Self.logger
        )
        self.streams = StreamDirectory([self.stream])
        self.services = ListenerServices(streams: self.streams, time: time, group: self.loop, logger: Self.logger)
        _ = self.stream.start(every: .milliseconds(100))
        try await self.settle()
    }

    /// Connects an encoder.
    func connect(_ encoder: Encoder) async throws {
        let request = SourceRequest(
            mount: "test",
            credentials: BasicCredentials(user: "source", password: "hackme"),
            contentType: nil,
            peer: "192.0.2.1",
            description: SourceDescription(),
            userAgent: "test",
            protocol: .source
        )
        let desk = MountDesk(streams: self.streams, time: self.time, logger: Self.logger)
        guard case .accepted(let sink, _) = desk.admit(request, control: encoder.control) else {
            Issue.record("the source was refused")
            return
        }
        encoder.sink = sink
        try await self.settle()
    }

    /// Lets everything happen that is due now, on the disk too.
    func settle() async throws {
        for _ in 0..<2 {
            await self.loop.run()
            try await self.stored.log.eventLoop.submit {}.get()
            await self.read()
        }
        await self.loop.run()
    }

    /// Waits until the reader has answered what it was asked so far.
    private func read() async {
        await withCheckedContinuation { continuation in
            self.stored.archive.load(.min) { _ in continuation.resume() }
        }
    }

    /// Lets time pass without waiting for the disk.
    func pass(milliseconds: Int64) async {
        self.clock.advance(by: milliseconds * 1_000)
        await self.loop.advanceTime(by: .milliseconds(milliseconds))
    }

    /// Lets time pass while an encoder delivers in real time.
    func play(_ seconds: Double, _ encoder: Encoder? = nil) async throws {
        for _ in 0..<Int(seconds * 5) {
            await self.pass(milliseconds: 200)
            encoder?.send(seconds: 0.2)
            try await self.settle()
        }
    }

    /// A station whose stream has had an encoder for so long.
    static func playing(
        _ seconds: Double = 60,
        in directory: TemporaryDirectory,
        at start: Int64 = StoredStation.start,
        disk: any Disk = SystemDisk(),
        hlsWindow: Int = 900
    ) async throws -> (station: StoredStation, encoder: Encoder) {
        let station = try await StoredStation(directory, at: start, disk: disk, hlsWindow: hlsWindow)
        let encoder = Encoder()
        try await station.connect(encoder)
        try await station.play(seconds, encoder)
        return (station, encoder)
    }

    /// Ends the server: what was published is on the disk then.
    func close() async {
        await self.store.close([self.stored])
    }

    func segment(_ slot: Int64) async throws -> Segment {
        try #require(await self.stream.segment(slot))
    }

    /// All parts of the window, from memory and from the disk.
    var parts: [Part] {
        get async throws {
            var parts: [Part] = []
            for slot in try #require(self.stream.store.slots) { parts += try await self.segment(slot).parts }
            return parts
        }
    }

    /// The numbers of the frames on air, without silence.
    var heard: [Int] {
        get async throws { try await self.parts.flatMap { $0.frameNumbers.compactMap { $0 } } }
    }

    /// Decides on a request as a connection does: what it needs is loaded.
    func answer(_ line: String, _ headers: [String] = []) async throws -> (answer: Answer, loads: Int) {
        let request = try Station.parse(line, headers)
        var loaded: [Segment] = []
        while loaded.count < 9 {
            let answer = Answer(request, streams: self.streams, now: self.time.now, loaded: loaded)
            guard case .needs(_, let slot) = answer else { return (answer, loaded.count) }
            loaded.append(try await self.segment(slot))
        }
        Issue.record("\(line) asks for one slot after the other")
        throw CancellationError()
    }

    func response(_ line: String, _ headers: [String] = []) async throws -> Response {
        try Response(await self.answer(line, headers).answer)
    }
}

extension Part {
    /// The numbers that an encoder put into its frames, `nil` for silent ones.
    var frameNumbers: [Int?] {
        var bytes = self.bytes
        return self.frameLengths.enumerated().map { index, length in
            let frame = bytes.readSlice(length: Int(length))
            guard !self.silences.contains(where: { $0.contains(index) }), let frame else { return nil }
            return frame.getInteger(at: frame.writerIndex - 8, as: Int64.self).map { Int($0) }
        }
    }
}

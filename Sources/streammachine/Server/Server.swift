// Server: assembles the streams, the ports and the signals, and runs them.

import Admin
import Archive
import Foundation
import Ingest
import Logging
import NIOCore
import NIOPosix
import Origin
import Segmenter
import ServiceLifecycle
import UnixSignals

/// Assembles the streams, the ports and the signals, and runs them until `SIGTERM` or `SIGINT`.
struct Server {
    /// The line that tells scripts and tests where the ports are.
    private struct Ready: Encodable {
        let ready = true
        let port: Int
        let sourcePort: Int
        let shoutcastPort: Int
        let apiPort: Int

        enum CodingKeys: String, CodingKey {
            case ready
            case port
            case sourcePort = "source_port"
            case shoutcastPort = "shoutcast_port"
            case apiPort = "api_port"
        }
    }

    private let settings: ServerSettings
    private let clock: MachineClock
    private let logger: Logger
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: ProcessorCount.current)

    init(_ settings: ServerSettings, clock: MachineClock, logger: Logger) {
        self.settings = settings
        self.clock = clock
        self.logger = logger
    }

    /// Runs the server; throws `BindFailure` when a port cannot be had.
    func run() async throws {
        let clock = self.clock
        let store = try self.openStore()
        let stored = try self.openStreams(store)
        let time = StationTime(notBefore: self.newestEnd(of: stored)) { clock.read() }
        let streams = self.makeStreams(time, stored)
        let listeners = try await self.bind("port", self.settings.bind, self.settings.port) {
            let services = ListenerServices(streams: streams, time: time, group: self.group, logger: self.logger)
            return ListenerPort(services).bootstrap(group: self.group)
        }
        let desk = MountDesk(streams: streams, time: time, logger: self.logger)
        let sourcePort = SourcePort(desk: desk, logger: self.logger)
        let sources = try await self.bind("source_port", self.settings.bind, self.settings.sourcePort) {
            sourcePort.bootstrap(group: self.group)
        }
        let shoutcast = try await self.bind("shoutcast_port", self.settings.bind, self.settings.shoutcastPort) {
            sourcePort.bootstrap(group: self.group)
        }
        let interval = TimeAmount.milliseconds(max(1, 100 / self.clock.rate))
        for started in streams.all.map({ $0.start(every: interval) }) { try await started.get() }
        try await self.serve(streams, time: time, channels: [listeners, sources, shoutcast])
        // First what was published is written, then the loops may end that wait for it.
        await store?.close(Array(stored.values))
        try await self.group.shutdownGracefully()
    }

    /// Opens the directory of the store, when there is one.
    private func openStore() throws -> StoreDirectory? {
        guard let settings = self.settings.store else { return nil }
        let clock = self.clock
        return try StoreDirectory(
            directory: settings.directory,
            largest: settings.largest,
            now: { Timestamp(milliseconds: clock.read().wallMicroseconds / 1_000) },
            logger: self.logger
        )
    }

    /// Opens what is stored of each stream.
    private func openStreams(_ store: StoreDirectory?) throws -> [String: ArchivedStream] {
        guard let store, let settings = self.settings.store else { return [:] }
        var streams: [String: ArchivedStream] = [:]
        for definition in self.settings.streams {
            var policy = LogPolicy()
            policy.sync = settings.sync
            policy.fileSeconds = settings.fileSeconds
            policy.hotSeconds = settings.hotSeconds
            policy.seconds = definition.seconds
            // What playlists named last stays for as long as the longest lasts (RFC 8216 §6.2.2).
            policy.graceSeconds = self.settings.hlsWindow
            let stream = try store.open(definition.name, grid: self.settings.grid, policy: policy)
            if stream.grid != self.settings.grid {
                self.logger.warning(
                    """
                    hls.segment_duration and hls.part_duration differ from those of the stored audio, which count until the \
                    stream's directory is deleted
                    """,
                    metadata: ["stream": "\(definition.name)", "directory": "\(stream.archive.directory)"]
                )
            }
            streams[definition.name] = stream
        }
        return streams
    }

    /// The end of the newest stored audio, which the clock must not start before; one that is far ahead is not waited for.
    private func newestEnd(of stored: [String: ArchivedStream]) -> Timestamp? {
        let now = Timestamp(milliseconds: self.clock.read().wallMicroseconds / 1_000)
        return stored.values.compactMap { $0.newest?.summary.end }
            .filter { $0.millisecondsSince(now) <= Stream.largestSetback }.max()
    }

    private func makeStreams(_ time: StationTime, _ stored: [String: ArchivedStream]) -> StreamDirectory {
        StreamDirectory(
            self.settings.streams.map { definition in
                Stream(
                    definition,
                    grid: self.settings.grid,
                    stored: stored[definition.name],
                    hotSeconds: self.settings.store?.hotSeconds ?? definition.seconds,
                    hlsWindow: self.settings.hlsWindow,
                    time: time,
                    group: self.group,
                    home: self.group.next(),
                    logger: self.logger
                )
            }
        )
    }

    private func bind(
        _ key: String,
        _ host: String,
        _ port: Int,
        _ bootstrap: () -> ServerBootstrap
    ) async throws -> any Channel {
        do {
            return try await bootstrap().bind(host: host, port: port).get()
        } catch {
            throw BindFailure(message: "\(key): cannot listen on \(host):\(port): \(error)")
        }
    }

    private func serve(
        _ streams: StreamDirectory,
        time: StationTime,
        channels: [any Channel]
    ) async throws {
        let ports = channels.map { $0.localAddress?.port ?? 0 }
        let admin = AdminPort(streams: streams, time: time).application(
            host: self.settings.apiBind,
            port: self.settings.apiPort,
            group: self.group,
            logger: self.logger
        ) { channel in
            let apiPort = channel.localAddress?.port ?? 0
            Self.announce(Ready(port: ports[0], sourcePort: ports[1], shoutcastPort: ports[2], apiPort: apiPort))
        }
        let services = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [
                    .init(service: admin),
                    .init(service: PortsService(channels: channels, streams: streams)),
                ],
                gracefulShutdownSignals: [.sigterm, .sigint],
                logger: self.logger
            )
        )
        do {
            try await services.run()
        } catch let error as IOError {
            throw BindFailure(
                message: "api_port: cannot listen on \(self.settings.apiBind):\(self.settings.apiPort): \(error)"
            )
        }
    }

    private static func announce(_ ready: Ready) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        guard let line = try? encoder.encode(ready) else { return }
        FileHandle.standardOutput.write(line + Data("\n".utf8))
    }
}

// Server: assembles the streams, the ports and the signals, and runs them.

import Admin
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
        let time = StationTime { clock.read() }
        let streams = self.makeStreams(time)
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
        for stream in streams.all { stream.start(every: .milliseconds(max(1, 100 / self.clock.rate))) }
        try await self.serve(streams, time: time, channels: [listeners, sources, shoutcast])
        try await self.group.shutdownGracefully()
    }

    private func makeStreams(_ time: StationTime) -> StreamDirectory {
        StreamDirectory(
            self.settings.streams.map { definition in
                Stream(
                    definition,
                    grid: self.settings.grid,
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

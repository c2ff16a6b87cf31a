// PortsService: the bound ports, for as long as the server runs.

import NIOCore
import Origin
import ServiceLifecycle

/// Keeps the ports open until shutdown, then stops accepting and ends sources and listeners.
struct PortsService: Service {
    let channels: [any Channel]
    let streams: StreamDirectory

    func run() async throws {
        try await gracefulShutdown()
        for channel in self.channels { try? await channel.close() }
        for stream in self.streams.all { stream.stop() }
    }
}

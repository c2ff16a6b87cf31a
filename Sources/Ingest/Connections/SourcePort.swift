// SourcePort: sets up the connections of the source port.

package import Logging
package import NIOCore
package import NIOPosix

/// Sets up the connections of the source port.
package struct SourcePort: Sendable {
    /// Small, so that an encoder whose socket is not read notices soon (time-and-hls rule 7).
    private static let receiveBuffer: ChannelOptions.Types.SocketOption.Value = 64 * 1024

    private let desk: any SourceDesk
    private let limits: SourceConnectionLimits
    private let logger: Logger

    package init(
        desk: any SourceDesk,
        limits: SourceConnectionLimits = SourceConnectionLimits(),
        logger: Logger
    ) {
        self.desk = desk
        self.limits = limits
        self.logger = logger
    }

    /// What to bind the port with.
    ///
    /// The receive buffer is the listening socket's, which accepted ones inherit before their window is negotiated.
    package func bootstrap(group: any EventLoopGroup) -> ServerBootstrap {
        ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelOption(.socketOption(.so_rcvbuf), value: Self.receiveBuffer)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try self.addHandler(to: channel) }
            }
    }

    /// Makes a channel a connection of the source port.
    ///
    /// Called on its event loop. The channel must allow remote half-closure: a body may end that way.
    package func addHandler(to channel: any Channel) throws {
        try channel.pipeline.syncOperations.addHandler(
            SourceHandler(desk: self.desk, limits: self.limits, logger: self.logger)
        )
    }
}

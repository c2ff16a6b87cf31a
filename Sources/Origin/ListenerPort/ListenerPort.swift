// ListenerPort: sets up the connections of the listener port.

package import NIOCore
package import NIOPosix

/// Sets up the connections of the listener port.
package struct ListenerPort: Sendable {
    /// What the kernel may hold for one client: a listener that stops reading must not cost megabytes.
    private static let sendBuffer: ChannelOptions.Types.SocketOption.Value = 256 * 1_024

    private let services: ListenerServices

    package init(_ services: ListenerServices) {
        self.services = services
    }

    /// What to bind the port with.
    package func bootstrap(group: any EventLoopGroup) -> ServerBootstrap {
        ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 4_096)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.socketOption(.so_sndbuf), value: Self.sendBuffer)
            .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
            // One read a turn: a request fits in it, and a second read would only find that there is no more.
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ListenerPortHandler(self.services))
                }
            }
    }
}

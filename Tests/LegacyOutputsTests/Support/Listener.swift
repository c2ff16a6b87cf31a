// Listener: a listener's connection, from its handler to its client.

import LegacyOutputs
import Logging
import NIOCore
import NIOEmbedded
import Segmenter

/// A listener's connection, from its handler to its client.
struct Listener {
    let channel: EmbeddedChannel
    let socket: SocketStandIn

    init(
        at place: StreamCursor,
        of store: SegmentStore,
        on fanout: Fanout,
        loop: EmbeddedEventLoop,
        window: Int = .max,
        metadataInterval: Int? = nil,
        burst: Duration? = nil,
        largestLag: Duration = .seconds(30)
    ) throws {
        self.channel = EmbeddedChannel(loop: loop)
        self.socket = SocketStandIn(window: window)
        try self.channel.connect(to: SocketAddress(ipAddress: "192.0.2.7", port: 40_000)).wait()
        try self.channel.pipeline.syncOperations.addHandler(self.socket)
        let handler = ListenerHandler(
            store: store,
            fanout: fanout,
            head: ByteBuffer(),
            place: place,
            metadataInterval: metadataInterval,
            burst: burst,
            largestLag: largestLag,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        try self.channel.pipeline.syncOperations.addHandler(handler)
    }
}

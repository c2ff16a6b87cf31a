// Download: a download's connection, from its handler to its client.

import LegacyOutputs
import Logging
import NIOCore
import NIOEmbedded
import Segmenter
import Testing

/// A download's connection, from its handler to its client.
struct Download {
    static let head = ByteBuffer(string: "HTTP/1.1 200 OK\r\n\r\n")

    let channel: EmbeddedChannel
    let socket: SocketStandIn
    let excerpt: Excerpt

    /// Begins to send `range` of the frames between two parts of a stream, or all of it.
    init(
        _ stream: TestParts,
        from first: Int = 0,
        to last: Int,
        range: Range<Int>? = nil,
        loop: EmbeddedEventLoop,
        window: Int = .max,
        successor: ((ByteBuffer) -> any ChannelHandler)? = nil
    ) throws {
        let excerpt = try Self.excerpt(of: stream, from: first, to: last)
        self.excerpt = excerpt
        self.channel = EmbeddedChannel(loop: loop)
        self.socket = SocketStandIn(window: window)
        try self.channel.connect(to: SocketAddress(ipAddress: "192.0.2.7", port: 40_000)).wait()
        try self.channel.pipeline.syncOperations.addHandler(self.socket)
        let handler = DownloadHandler(
            store: stream.store,
            excerpt: excerpt,
            range: range ?? 0..<excerpt.byteCount,
            head: Self.head,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            successor: successor
        )
        try self.channel.pipeline.syncOperations.addHandler(handler)
        loop.run()
    }

    /// The audio that came, without the head.
    var audio: ByteBuffer {
        var taken = self.socket.taken
        taken.moveReaderIndex(forwardBy: min(Self.head.readableBytes, taken.readableBytes))
        return taken.slice()
    }

    var isOpen: Bool { self.channel.isActive }

    /// Whether the end came behind the last byte, and not in the middle.
    var isEnded: Bool {
        guard case .output = self.socket.closes.first else { return false }
        return true
    }

    private static func excerpt(of stream: TestParts, from first: Int, to last: Int) throws -> Excerpt {
        func moment(_ part: Int) -> Timestamp {
            SlotGrid.standard.edge(ofSlot: TestParts.firstSlot + Int64(part / 6), part: part % 6)
        }
        var loaded: [Segment] = []
        while true {
            switch stream.store.excerpt(from: moment(first), to: moment(last), with: loaded) {
            case .found(let excerpt):
                return excerpt
            case .needs(let slot):
                loaded.append(try #require(stream.archive?.segment(slot)))
            case .nothing:
                throw Nothing()
            }
        }
    }

    private struct Nothing: Error {}
}

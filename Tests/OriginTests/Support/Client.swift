// Client: a client at the other end of the listener port.

import NIOCore
import NIOEmbedded
import Testing

@testable import Origin

/// A client at the other end of the listener port, reading its socket as NIO does: one read after the other.
final class Client {
    let channel: EmbeddedChannel
    let socket: SocketStandIn

    init(_ station: Station, window: Int = .max) throws {
        self.channel = EmbeddedChannel(loop: station.loop)
        self.socket = SocketStandIn(window: window)
        try self.channel.connect(to: SocketAddress(ipAddress: "192.0.2.9", port: 50_000)).wait()
        try self.channel.pipeline.syncOperations.addHandler(self.socket)
        try self.channel.pipeline.syncOperations.addHandler(ListenerPortHandler(station.services))
        self.channel.read()
    }

    var isOpen: Bool { self.channel.isActive }

    func send(_ text: String) throws {
        try self.channel.writeInbound(ByteBuffer(string: text))
        if self.isOpen { self.channel.read() }
    }

    /// The responses so far, read by their lengths.
    var responses: [Response] {
        var bytes = self.socket.taken
        var responses: [Response] = []
        while let response = Response(from: &bytes) { responses.append(response) }
        return responses
    }

    /// What was sent in the clear, a listener's audio included.
    var text: String { String(decoding: self.socket.taken.readableBytesView, as: UTF8.self) }
}

@available(*, unavailable)
extension Client: Sendable {}

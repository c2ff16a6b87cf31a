// SourceClient: an encoder at the other end of an embedded channel.

import Ingest
import Logging
import NIOCore
import NIOEmbedded

/// An encoder at the other end of an embedded channel.
final class SourceClient {
    let channel = EmbeddedChannel()
    let socket = SocketStandIn()
    let desk: RecordingDesk

    init(_ desk: RecordingDesk = RecordingDesk(), limits: SourceConnectionLimits = .init()) throws {
        self.desk = desk
        let port = SourcePort(
            desk: desk,
            limits: limits,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        try self.channel.connect(to: SocketAddress(ipAddress: "192.0.2.7", port: 40_000)).wait()
        try self.channel.pipeline.syncOperations.addHandler(self.socket)
        try port.addHandler(to: self.channel)
    }

    var isClosed: Bool { !self.channel.isActive }

    func send(_ text: String, _ audio: [UInt8] = []) throws {
        try self.channel.writeInbound(ByteBuffer(bytes: Array(text.utf8) + audio))
    }

    func send(_ audio: [UInt8]) throws {
        try self.send("", audio)
    }

    /// All that was answered since the last call.
    func answer() throws -> String {
        var text = ""
        while let bytes = try self.channel.readOutbound(as: ByteBuffer.self) { text += String(buffer: bytes) }
        return text
    }

    func closeInput() {
        self.channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
    }

    func pass(_ time: TimeAmount) {
        self.channel.embeddedEventLoop.advanceTime(by: time)
    }
}

@available(*, unavailable)
extension SourceClient: Sendable {}

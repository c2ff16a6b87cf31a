// SocketStandIn: what a socket knows of that an embedded channel does not.

import NIOCore

/// Counts the reads that would reach a socket, and lets a channel be closed by half, which an embedded one cannot.
final class SocketStandIn: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer

    private(set) var reads = 0
    private(set) var hasClosedOutput = false

    func read(context: ChannelHandlerContext) {
        self.reads += 1
        context.read()
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        if mode == .output {
            self.hasClosedOutput = true
            promise?.succeed()
        } else {
            context.close(mode: mode, promise: promise)
        }
    }
}

@available(*, unavailable)
extension SocketStandIn: Sendable {}

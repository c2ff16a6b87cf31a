// ListenerPortHandler+Writing: how answers get to the socket.

internal import LegacyOutputs
internal import NIOCore
internal import Segmenter
internal import Wire

extension ListenerPortHandler {
    /// The first lines of a `200`, shared by all answers of a second.
    func firstLines(_ keepsAlive: Bool, _ request: Request) -> ByteBuffer {
        var lines = self.preamble?.okLines ?? ByteBuffer()
        if let connection = Self.connection(keepsAlive, request) { lines.writeString("Connection: \(connection)\r\n") }
        return lines
    }

    func firstLines(_ status: Status, _ keepsAlive: Bool, _ request: Request) -> ByteBuffer {
        var lines = ByteBuffer()
        lines.writeString("HTTP/1.1 \(status.line)\r\nDate: \(self.preamble?.currentDate ?? "")\r\n")
        lines.writeString("Server: \(AnswerPreamble.server)\r\n")
        if let connection = Self.connection(keepsAlive, request) { lines.writeString("Connection: \(connection)\r\n") }
        return lines
    }

    /// What the `Connection` header must say: what the version would not imply (RFC 9112 §9.3).
    static func connection(_ keepsAlive: Bool, _ request: Request) -> String? {
        keepsAlive ? (request.version == .http11 ? nil : "keep-alive") : "close"
    }

    /// Writes an answer to the socket itself; what it has no room for goes through the channel.
    func write(_ lines: ByteBuffer, _ answer: ByteBuffer, _ context: ChannelHandlerContext) {
        guard let socket = self.socket else { return self.writeThroughChannel([lines, answer], context) }
        switch socket.send(lines, answer) {
        case .sent(let count) where count == lines.readableBytes + answer.readableBytes:
            break
        case .sent(let count):
            var rest = answer
            if count >= lines.readableBytes {
                rest.moveReaderIndex(forwardBy: count - lines.readableBytes)
                self.writeThroughChannel([rest], context)
            } else {
                var start = lines
                start.moveReaderIndex(forwardBy: count)
                self.writeThroughChannel([start, rest], context)
            }
        case .full:
            self.writeThroughChannel([lines, answer], context)
        case .failed:
            self.isDone = true
            context.close(promise: nil)
        }
    }

    /// Writes through the channel; no further request is answered, or read, until all of it is in the socket.
    func writeThroughChannel(_ buffers: [ByteBuffer], _ context: ChannelHandlerContext) {
        self.writeThroughChannel(buffers.map { .byteBuffer($0) }, keeping: [], context)
    }

    /// The same for pieces of files, which stay open until they are sent.
    func writeThroughChannel(_ pieces: [IOData], keeping files: [StoredFile], _ context: ChannelHandlerContext) {
        self.isBlocked = true
        for piece in pieces { context.write(Self.wrapOutboundOut(piece), promise: nil) }
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.writeAndFlush(Self.wrapOutboundOut(.byteBuffer(ByteBuffer()))).whenComplete { result in
            withExtendedLifetime(files) {
                guard case .success = result else { return }
                let (handler, context) = bound.value
                handler.channelHasWritten(context)
            }
        }
    }

    /// Writes an answer whose end lies in files; what the socket has no room for goes through the channel.
    func write(
        _ lines: ByteBuffer,
        _ opening: ByteBuffer,
        _ ranges: [StoredRange],
        _ context: ChannelHandlerContext
    ) {
        self.write(lines, opening, context)
        var rest = ranges[...]
        var sent = 0
        while !self.isBlocked, !self.isDone, let range = rest.first, let socket = self.socket {
            guard case .sent(let count) = socket.send(range) else { break }
            sent = count
            guard count == range.length else { break }
            sent = 0
            rest.removeFirst()
        }
        guard let first = rest.first, !self.isDone else { return }
        let regions = [first.region(from: sent)] + rest.dropFirst().map { $0.region() }
        self.writeThroughChannel(regions.map { .fileRegion($0) }, keeping: rest.map(\.file), context)
    }

    func channelHasWritten(_ context: ChannelHandlerContext) {
        self.isBlocked = false
        self.goOn(context)
    }

    func write(
        _ problem: Problem,
        connection: String?,
        asText: Bool,
        isHead: Bool = false,
        _ context: ChannelHandlerContext
    ) {
        let (contentType, text) = problem.body(asText: asText)
        var head = ResponseHead(problem.status)
        head.add("Date", self.preamble?.currentDate ?? "")
        head.add("Server", AnswerPreamble.server)
        if let connection { head.add("Connection", connection) }
        head.add("Content-Type", contentType)
        head.add("Cache-Control", problem.maxAge > 0 ? "max-age=\(problem.maxAge)" : "no-store")
        head.add("Access-Control-Allow-Origin", "*")
        for header in problem.headers { head.add(header.name, header.value) }
        self.writeThroughChannel([head.finished(body: text, isHead: isHead)], context)
    }

    /// Sends what is written, then closes; whatever else arrives is not read.
    func finish(_ context: ChannelHandlerContext) {
        self.isDone = true
        self.received = ByteBuffer()
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.writeAndFlush(Self.wrapOutboundOut(.byteBuffer(ByteBuffer()))).whenComplete { _ in
            bound.value.close(promise: nil)
        }
    }
}

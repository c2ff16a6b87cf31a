// ListenerPortHandler: one connection on the listener port.

internal import LegacyOutputs
package import NIOCore
internal import Segmenter
internal import Wire

/// One connection on the listener port: parses requests, writes answers, and gives way when it becomes a listener's.
package final class ListenerPortHandler: ChannelDuplexHandler, RemovableChannelHandler {
    package typealias InboundIn = ByteBuffer
    package typealias OutboundIn = ByteBuffer
    package typealias OutboundOut = ByteBuffer

    private let services: ListenerServices
    private var preamble: AnswerPreamble?
    private var parser = RequestParser()
    private var received = ByteBuffer()
    private var isDone = false
    /// Set while answers are written: a write may change writability, which must not start a second run inside the first.
    private var isAnswering = false
    private var deadline = NIODeadline.distantFuture
    private var timeout: Scheduled<Void>?
    private var unsentAtLastLook = 0
    /// Set while a part of a head has arrived, which must be whole within the head limit.
    private var headBegan = false
    private var holdsRead = false

    package init(_ services: ListenerServices) {
        self.services = services
    }

    package func handlerAdded(context: ChannelHandlerContext) {
        self.preamble = self.services.preamble(on: context.eventLoop)
        self.deadline = context.eventLoop.now + self.services.headLimit
        self.watch(context)
    }

    package func handlerRemoved(context: ChannelHandlerContext) {
        self.timeout?.cancel()
    }

    package func channelInactive(context: ChannelHandlerContext) {
        self.timeout?.cancel()
        context.fireChannelInactive()
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !self.isDone else { return }
        var bytes = Self.unwrapInboundIn(data)
        if self.received.readableBytes == 0 {
            self.received = bytes
        } else {
            self.received.writeBuffer(&bytes)
        }
        self.answerRequests(context)
    }

    package func channelReadComplete(context: ChannelHandlerContext) {
        context.flush()
    }

    /// A client that does not take its answers is not read: its requests stay in its own memory.
    package func read(context: ChannelHandlerContext) {
        if context.channel.isWritable || self.isDone {
            context.read()
        } else {
            self.holdsRead = true
        }
    }

    package func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable, !self.isAnswering {
            self.answerRequests(context)
            context.flush()
            if self.holdsRead, context.channel.isWritable {
                self.holdsRead = false
                context.read()
            }
        }
        context.fireChannelWritabilityChanged()
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A client that resets its connection has left; there is nothing to say to it.
        context.close(promise: nil)
    }

    /// Answers what has arrived, for as long as the client takes answers.
    private func answerRequests(_ context: ChannelHandlerContext) {
        guard !self.isDone else { return }
        self.isAnswering = true
        defer { self.isAnswering = false }
        do {
            while !self.isDone, context.channel.isWritable, let request = try self.parser.next(from: &self.received) {
                self.deadline = context.eventLoop.now + self.services.idleLimit
                self.headBegan = false
                try self.answer(request, context)
            }
            self.noteRest(context)
        } catch {
            let failure = error as? WireError ?? WireError(.badRequest, "the request could not be read")
            self.write(Problem(failure.status, failure.message), connection: "close", asText: true, context)
            self.finish(context)
        }
    }

    /// Looks at what is left when all whole requests are answered: nothing, or the beginning of a head.
    private func noteRest(_ context: ChannelHandlerContext) {
        guard !self.isDone else { return }
        if self.received.readableBytes == 0 {
            // Lets go of the receive buffer: an idle connection should hold none.
            self.received = ByteBuffer()
            self.headBegan = false
        } else if !self.headBegan, context.channel.isWritable {
            self.headBegan = true
            self.deadline = min(self.deadline, context.eventLoop.now + self.services.headLimit)
            self.timeout?.cancel()
            self.watch(context)
        }
    }

    private func answer(_ request: Request, _ context: ChannelHandlerContext) throws {
        let hasBody = try request.bodyFraming() != .unspecified
        // A body would have to be read past, and nothing here takes one.
        let keepsAlive = request.wantsKeepAlive && !hasBody
        switch Answer(request, streams: self.services.streams, now: self.services.time.now) {
        case .ok(let buffers):
            self.write(self.preamble?.okLines, keepsAlive, request, buffers, context)
        case .status(let status, let headers, let body):
            self.write(self.firstLines(status), keepsAlive, request, [headers] + body, context)
        case .problem(let problem):
            let asText = request.header("Accept")?.hasPrefix("text/") == true
            let connection = keepsAlive ? (request.version == .http11 ? nil : "keep-alive") : "close"
            self.write(problem, connection: connection, asText: asText, isHead: request.method == .head, context)
        case .listener(let stream, let place, let isTimeAddressed):
            self.become(stream, place, isTimeAddressed: isTimeAddressed, request, context)
            return
        }
        if !keepsAlive { self.finish(context) }
    }

    private func firstLines(_ status: Status) -> ByteBuffer {
        ByteBuffer(
            string: "HTTP/1.1 \(status.line)\r\nDate: \(self.preamble?.currentDate ?? "")\r\n"
                + "Server: \(AnswerPreamble.server)\r\n"
        )
    }

    private func write(
        _ firstLines: ByteBuffer?,
        _ keepsAlive: Bool,
        _ request: Request,
        _ buffers: [ByteBuffer],
        _ context: ChannelHandlerContext
    ) {
        if let firstLines { context.write(Self.wrapOutboundOut(firstLines), promise: nil) }
        if !keepsAlive {
            context.write(Self.wrapOutboundOut(Self.connectionClose), promise: nil)
        } else if request.version == .http10 {
            context.write(Self.wrapOutboundOut(Self.connectionKeepAlive), promise: nil)
        }
        for buffer in buffers { context.write(Self.wrapOutboundOut(buffer), promise: nil) }
    }

    private static let connectionClose = ByteBuffer(string: "Connection: close\r\n")
    private static let connectionKeepAlive = ByteBuffer(string: "Connection: keep-alive\r\n")

    private func write(
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
        context.write(Self.wrapOutboundOut(head.finished(body: text, isHead: isHead)), promise: nil)
    }

    /// Sends what is written, then closes; whatever else arrives is not read.
    private func finish(_ context: ChannelHandlerContext) {
        self.isDone = true
        self.received = ByteBuffer()
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.writeAndFlush(Self.wrapOutboundOut(ByteBuffer())).whenComplete { _ in
            bound.value.close(promise: nil)
        }
    }

    // MARK: Listeners

    private func become(
        _ stream: Stream,
        _ place: FramePlace,
        isTimeAddressed: Bool,
        _ request: Request,
        _ context: ChannelHandlerContext
    ) {
        guard
            case .found(let segment) = stream.store.segment(min(place.cursor.slot, stream.store.slots?.upperBound ?? 0))
        else {
            self.write(.noAudioYet(stream.name), connection: "close", asText: true, context)
            return self.finish(context)
        }
        let wantsTitles = request.header("Icy-MetaData").flatMap { Int($0) }.map { $0 != 0 } ?? false
        let interval = wantsTitles ? stream.definition.metadataInterval : nil
        let head = StreamHead.render(
            stream,
            format: segment.header.format,
            metadataInterval: interval,
            start: isTimeAddressed ? place.time : nil,
            date: self.preamble?.currentDate ?? ""
        )
        guard request.method != .head else {
            context.write(Self.wrapOutboundOut(head), promise: nil)
            return self.finish(context)
        }
        self.isDone = true
        self.timeout?.cancel()
        let listener = ListenerHandler(
            store: stream.store,
            fanout: stream.fanout,
            head: head,
            place: place.cursor,
            metadataInterval: interval,
            burst: isTimeAddressed ? .seconds(stream.definition.burst) : nil,
            largestLag: stream.definition.largestLag,
            logger: stream.logger
        )
        do {
            try context.pipeline.syncOperations.addHandler(listener, position: .last)
            if self.holdsRead { context.read() }
        } catch {
            context.close(promise: nil)
        }
        context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
    }

    // MARK: Time limits

    /// Looks again when the connection could have run out of time; requests only move the deadline.
    private func watch(_ context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        self.timeout = context.eventLoop.scheduleTask(deadline: self.deadline) {
            let (handler, context) = bound.value
            handler.look(context)
        }
    }

    private func look(_ context: ChannelHandlerContext) {
        guard context.eventLoop.now >= self.deadline else { return self.watch(context) }
        let unsent = (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
        if unsent > 0, unsent != self.unsentAtLastLook {
            // A slow client that still takes its answer.
            self.unsentAtLastLook = unsent
            self.deadline = context.eventLoop.now + self.services.idleLimit
            return self.watch(context)
        }
        context.close(promise: nil)
    }
}

@available(*, unavailable)
extension ListenerPortHandler: Sendable {}

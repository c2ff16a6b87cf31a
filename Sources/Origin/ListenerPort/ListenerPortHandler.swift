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

    /// No decision needs the audio of more slots.
    private static let mostLoads = 8

    private let services: ListenerServices
    private var preamble: AnswerPreamble?
    private var parser = RequestParser()
    private var received = ByteBuffer()
    private var socket: DirectSocket?
    private var isDone = false
    /// Set while requests are answered: an answer may go out at once, which must not start a second run inside the first.
    private var isAnswering = false
    /// Set while the channel holds a part of an answer that the socket had no room for.
    private var isBlocked = false
    private var deadline = NIODeadline.distantFuture
    private var timeout: Scheduled<Void>?
    private var unsentAtLastLook = 0
    /// Set while a part of a head has arrived, which must be whole within the head limit.
    private var headBegan = false
    private var holdsRead = false

    /// Makes the handler of a connection; `received` is what another has read of it already.
    package init(_ services: ListenerServices, received: ByteBuffer = ByteBuffer()) {
        self.services = services
        self.received = received
    }

    package func handlerAdded(context: ChannelHandlerContext) {
        self.preamble = self.services.preamble(on: context.eventLoop)
        self.socket = DirectSocket(of: context)
        self.deadline = context.eventLoop.now + self.services.headLimit
        self.watch(context)
        guard self.received.readableBytes > 0 else { return }
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        // Later, so that whoever had the connection before has left it.
        context.eventLoop.execute {
            let (handler, context) = bound.value
            handler.answerRequests(context)
        }
    }

    package func handlerRemoved(context: ChannelHandlerContext) {
        self.leave()
    }

    package func channelInactive(context: ChannelHandlerContext) {
        self.leave()
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

    /// A client that does not take its answers is not read: its requests stay in its own memory.
    package func read(context: ChannelHandlerContext) {
        if !self.isBlocked || self.isDone {
            context.read()
        } else {
            self.holdsRead = true
        }
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
            while !self.isDone, !self.isBlocked, let request = try self.parser.next(from: &self.received) {
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
        } else if !self.headBegan, !self.isBlocked {
            self.headBegan = true
            self.deadline = min(self.deadline, context.eventLoop.now + self.services.headLimit)
            self.timeout?.cancel()
            self.watch(context)
        }
    }

    private func answer(_ request: Request, _ context: ChannelHandlerContext, loaded: [Segment] = []) throws {
        let hasBody = try request.bodyFraming() != .unspecified
        // A body would have to be read past, and nothing here takes one.
        let keepsAlive = request.wantsKeepAlive && !hasBody
        let now = self.services.time.now
        switch Answer(request, streams: self.services.streams, now: now, loaded: loaded) {
        case .ok(let answer):
            self.write(self.firstLines(keepsAlive, request), answer, context)
        case .status(let status, let headers, let body):
            self.writeThroughChannel([self.firstLines(status, keepsAlive, request), headers] + body, context)
        case .problem(let problem):
            let asText = request.header("Accept")?.hasPrefix("text/") == true
            self.write(
                problem,
                connection: Self.connection(keepsAlive, request),
                asText: asText,
                isHead: request.method == .head,
                context
            )
        case .listener(let stream, let place, let isTimeAddressed):
            self.become(stream, place, isTimeAddressed: isTimeAddressed, request, context)
            return
        case .download(let stream, let excerpt, let range, let status, let headers):
            let head = [self.firstLines(status, keepsAlive, request), headers]
            self.become(stream, excerpt, range, head, keepsAlive: keepsAlive, context)
            return
        case .needs(let stream, let slot):
            self.load(slot, of: stream, for: request, loaded: loaded, context)
            return
        case .outline(let stream):
            self.writeOutline(of: stream, request, keepsAlive: keepsAlive, context)
            return
        }
        if !keepsAlive { self.finish(context) }
    }

    /// The first lines of a `200`, shared by all answers of a second.
    private func firstLines(_ keepsAlive: Bool, _ request: Request) -> ByteBuffer {
        var lines = self.preamble?.okLines ?? ByteBuffer()
        if let connection = Self.connection(keepsAlive, request) { lines.writeString("Connection: \(connection)\r\n") }
        return lines
    }

    private func firstLines(_ status: Status, _ keepsAlive: Bool, _ request: Request) -> ByteBuffer {
        var lines = ByteBuffer()
        lines.writeString("HTTP/1.1 \(status.line)\r\nDate: \(self.preamble?.currentDate ?? "")\r\n")
        lines.writeString("Server: \(AnswerPreamble.server)\r\n")
        if let connection = Self.connection(keepsAlive, request) { lines.writeString("Connection: \(connection)\r\n") }
        return lines
    }

    /// What the `Connection` header must say: what the version would not imply (RFC 9112 §9.3).
    private static func connection(_ keepsAlive: Bool, _ request: Request) -> String? {
        keepsAlive ? (request.version == .http11 ? nil : "keep-alive") : "close"
    }

    /// Writes an answer to the socket itself; what it has no room for goes through the channel.
    private func write(_ lines: ByteBuffer, _ answer: ByteBuffer, _ context: ChannelHandlerContext) {
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
    private func writeThroughChannel(_ buffers: [ByteBuffer], _ context: ChannelHandlerContext) {
        self.isBlocked = true
        for buffer in buffers { context.write(Self.wrapOutboundOut(buffer), promise: nil) }
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.writeAndFlush(Self.wrapOutboundOut(ByteBuffer())).whenSuccess {
            let (handler, context) = bound.value
            handler.channelHasWritten(context)
        }
    }

    private func channelHasWritten(_ context: ChannelHandlerContext) {
        self.isBlocked = false
        self.goOn(context)
    }

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
        self.writeThroughChannel([head.finished(body: text, isHead: isHead)], context)
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

    // MARK: The archive

    /// Loads what the answer depends on and decides again; no other request is answered before.
    private func load(
        _ slot: Int64,
        of stream: Stream,
        for request: Request,
        loaded: [Segment],
        _ context: ChannelHandlerContext
    ) {
        guard let archive = stream.store.archive, loaded.count < Self.mostLoads else {
            return self.refuse(.unreadable(stream.name), context)
        }
        self.isBlocked = true
        let loop = context.eventLoop
        let bound = NIOLoopBound((self, context), eventLoop: loop)
        archive.load(slot) { segment in
            loop.execute {
                let (handler, context) = bound.value
                guard !handler.isDone else { return }
                handler.isBlocked = false
                handler.finishAnswer(context) {
                    guard let segment else { return handler.refuse(.unreadable(stream.name), context) }
                    try handler.answer(request, context, loaded: loaded + [segment])
                }
            }
        }
    }

    /// Gives an answer that had to wait for the archive: all of it before the next request is looked at.
    private func finishAnswer(_ context: ChannelHandlerContext, _ answer: () throws -> Void) {
        self.isAnswering = true
        do {
            try answer()
        } catch {
            // The request was read before, so its framing is sound.
            context.close(promise: nil)
        }
        self.isAnswering = false
        self.goOn(context)
    }

    private func writeOutline(
        of stream: Stream,
        _ request: Request,
        keepsAlive: Bool,
        _ context: ChannelHandlerContext
    ) {
        let finish: @Sendable (ListenerPortHandler, ChannelHandlerContext, Outline) -> Void = {
            handler,
            context,
            outline in
            let body = ArchiveDocument.render(outline)
            var lines = handler.firstLines(keepsAlive, request)
            lines.writeImmutableBuffer(ArchiveDocument.headers(length: body.readableBytes))
            handler.write(lines, request.method == .head ? ByteBuffer() : body, context)
            if !keepsAlive { handler.finish(context) }
        }
        guard let archive = stream.store.archive, let slots = stream.store.slots else {
            return finish(self, context, ArchiveDocument.outline(of: stream.store))
        }
        self.isBlocked = true
        let loop = context.eventLoop
        let bound = NIOLoopBound((self, context), eventLoop: loop)
        archive.outline(of: slots) { outline in
            loop.execute {
                let (handler, context) = bound.value
                guard !handler.isDone else { return }
                handler.isBlocked = false
                handler.finishAnswer(context) { finish(handler, context, outline) }
            }
        }
    }

    private func refuse(_ problem: Problem, _ context: ChannelHandlerContext) {
        self.write(problem, connection: "close", asText: true, context)
        self.finish(context)
    }

    /// Answers what has arrived meanwhile.
    private func goOn(_ context: ChannelHandlerContext) {
        guard !self.isBlocked, !self.isAnswering else { return }
        self.answerRequests(context)
        if self.holdsRead, !self.isBlocked {
            self.holdsRead = false
            context.read()
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
        let slot = min(place.cursor.slot, stream.store.slots?.upperBound ?? 0)
        guard let segment = stream.store.summary(ofSlot: slot) else {
            return self.refuse(.noAudioYet(stream.name), context)
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
            self.writeThroughChannel([head], context)
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
        self.giveWay(to: listener, context)
    }

    private func become(
        _ stream: Stream,
        _ excerpt: Excerpt,
        _ range: Range<Int>,
        _ head: [ByteBuffer],
        keepsAlive: Bool,
        _ context: ChannelHandlerContext
    ) {
        self.isDone = true
        self.timeout?.cancel()
        var lines = ByteBuffer()
        for buffer in head { lines.writeImmutableBuffer(buffer) }
        let download = DownloadHandler(
            store: stream.store,
            excerpt: excerpt,
            range: range,
            head: lines,
            logger: stream.logger,
            successor: keepsAlive ? self.successor : nil
        )
        self.giveWay(to: download, context)
    }

    /// What has the connection behind a download, beginning with the requests that came with the download's.
    private var successor: (ByteBuffer) -> any ChannelHandler {
        let (services, received) = (self.services, self.received)
        return { more in
            var all = received
            all.writeImmutableBuffer(more)
            return ListenerPortHandler(services, received: all)
        }
    }

    private func giveWay(to handler: some ChannelInboundHandler, _ context: ChannelHandlerContext) {
        do {
            try context.pipeline.syncOperations.addHandler(handler, position: .last)
            if self.holdsRead { context.read() }
        } catch {
            context.close(promise: nil)
        }
        context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
    }

    private func leave() {
        self.timeout?.cancel()
        self.socket = nil
        self.isDone = true
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

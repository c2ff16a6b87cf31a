// ListenerPortHandler: one connection on the listener port.

internal import LegacyOutputs
package import NIOCore
internal import Segmenter
internal import Wire

/// One connection on the listener port: parses requests, writes answers, and gives way when it becomes a listener's.
package final class ListenerPortHandler: ChannelDuplexHandler, RemovableChannelHandler {
    package typealias InboundIn = ByteBuffer
    package typealias OutboundIn = IOData
    package typealias OutboundOut = IOData

    /// No decision needs the audio of more slots.
    static let mostLoads = 8

    let services: ListenerServices
    var preamble: AnswerPreamble?
    private var parser = RequestParser()
    var received = ByteBuffer()
    var socket: DirectSocket?
    var isDone = false
    /// Set while requests are answered: an answer may go out at once, which must not start a second run inside the first.
    var isAnswering = false
    /// Set while the channel holds a part of an answer that the socket had no room for.
    var isBlocked = false
    private var deadline = NIODeadline.distantFuture
    private var timeout: Scheduled<Void>?
    private var unsentAtLastLook = 0
    /// Set while a part of a head has arrived, which must be whole within the head limit.
    private var headBegan = false
    var holdsRead = false

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
    func answerRequests(_ context: ChannelHandlerContext) {
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

    func answer(_ request: Request, _ context: ChannelHandlerContext, loaded: [Segment] = []) throws {
        let hasBody = try request.bodyFraming() != .unspecified
        // A body would have to be read past, and nothing here takes one.
        let keepsAlive = request.wantsKeepAlive && !hasBody
        let now = self.services.time.now
        switch Answer(request, streams: self.services.streams, now: now, loaded: loaded) {
        case .ok(let answer):
            self.write(self.firstLines(keepsAlive, request), answer, context)
        case .status(let status, let headers, let body):
            self.writeThroughChannel([self.firstLines(status, keepsAlive, request), headers] + body, context)
        case .file(let opening, let ranges):
            self.write(self.firstLines(keepsAlive, request), opening, ranges, context)
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

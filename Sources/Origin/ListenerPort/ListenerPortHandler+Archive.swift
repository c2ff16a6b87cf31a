// ListenerPortHandler+Archive: answers that have to wait for the archive.

internal import NIOCore
internal import Segmenter
internal import Wire

extension ListenerPortHandler {
    /// Loads what the answer depends on and decides again; no other request is answered before.
    func load(
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
    func finishAnswer(_ context: ChannelHandlerContext, _ answer: () throws -> Void) {
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

    func writeOutline(
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

    func refuse(_ problem: Problem, _ context: ChannelHandlerContext) {
        self.write(problem, connection: "close", asText: true, context)
        self.finish(context)
    }

    /// Answers what has arrived meanwhile.
    func goOn(_ context: ChannelHandlerContext) {
        guard !self.isBlocked, !self.isAnswering else { return }
        self.answerRequests(context)
        if self.holdsRead, !self.isBlocked {
            self.holdsRead = false
            context.read()
        }
    }
}

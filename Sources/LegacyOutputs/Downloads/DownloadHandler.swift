// DownloadHandler: one download's connection.

package import Logging
package import NIOCore
package import Segmenter

/// Sends a finite run of frames as fast as the client takes it, then ends the connection.
///
/// It holds a place and two counts, however long the download. When a part cannot be had as it was promised, the connection is
/// reset: a clean end would pass for a whole file (time-and-hls, rule 19).
package final class DownloadHandler: ChannelDuplexHandler, RemovableChannelHandler {
    package typealias InboundIn = ByteBuffer
    package typealias OutboundIn = IOData
    package typealias OutboundOut = IOData

    /// After so many bytes a fast client lets other work have the loop.
    private static let mostInOneTurn = 1_024 * 1_024
    /// How long a client may take nothing.
    private static let patience = TimeAmount.seconds(60)

    private let store: SegmentStore
    private let logger: Logger
    private var cursor: StreamCursor
    /// Bytes from the cursor on that are left out.
    private var skip: Int
    /// Bytes still to be sent.
    private var remaining: Int
    /// Damage found meanwhile would change the lengths that were promised.
    private let damagedParts: Int
    /// Keeps what is still to be sent from being deleted.
    private let lease: (any AnyObject & Sendable)?
    private var head: ByteBuffer?
    /// Takes the connection over behind the last byte, with what was received meanwhile; `nil` when that ends it.
    private var successor: ((ByteBuffer) -> any ChannelHandler)?
    private var received = ByteBuffer()
    private var holdsRead = false
    private var context: ChannelHandlerContext?
    private var socket: DirectSocket?
    private var isBlocked = false
    private var isWaiting = false
    private var isPumping = false
    private var prepared: Int64?
    private var watch: Scheduled<Void>?
    private var remainingAtLastLook = -1

    /// Makes a download whose answer begins with `head`: `range` of the bytes of an excerpt.
    ///
    /// `successor` makes the handler that has the connection afterwards, from what the client has sent meanwhile.
    package init(
        store: SegmentStore,
        excerpt: Excerpt,
        range: Range<Int>,
        head: ByteBuffer,
        logger: Logger,
        successor: ((ByteBuffer) -> any ChannelHandler)? = nil
    ) {
        self.successor = successor
        self.store = store
        self.head = head
        self.cursor = excerpt.start.cursor
        self.skip = range.lowerBound
        self.remaining = range.count
        self.damagedParts = store.archive?.damagedParts ?? 0
        self.lease = store.archive?.lease(excerpt.start.cursor.slot...excerpt.end.slot)
        self.logger = logger
    }

    package func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        self.socket = DirectSocket(of: context)
        // Answers to earlier requests may still be on their way in the channel, so the head goes behind them.
        if let head = self.head { self.writeThroughChannel(.byteBuffer(head), context) }
        self.head = nil
        self.lookLater(context)
    }

    package func handlerRemoved(context: ChannelHandlerContext) {
        self.leave()
    }

    package func channelInactive(context: ChannelHandlerContext) {
        self.leave()
        context.fireChannelInactive()
    }

    /// What the client sent while it was given the download is for whoever has the connection next.
    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = Self.unwrapInboundIn(data)
        self.received.writeBuffer(&bytes)
    }

    /// The connection is not read meanwhile, so that a client cannot fill this process's memory.
    package func read(context: ChannelHandlerContext) {
        self.holdsRead = true
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    /// Passes over whole segments that a range begins behind.
    private func skipSegments() {
        while self.skip > 0, self.cursor.part == 0, self.cursor.frame == 0,
            let bytes = self.store.summary(ofSlot: self.cursor.slot)?.byteCount, bytes <= self.skip
        {
            self.skip -= bytes
            self.cursor = StreamCursor(slot: self.cursor.slot + 1)
        }
    }

    private func pump(_ context: ChannelHandlerContext) {
        guard !self.isPumping else { return }
        self.isPumping = true
        defer { self.isPumping = false }
        let goal = self.remaining - Self.mostInOneTurn
        while !self.isBlocked, !self.isWaiting, self.context != nil {
            guard self.remaining > 0 else { return self.finish(context) }
            guard self.remaining > goal else { return self.goOnLater(context) }
            self.skipSegments()
            switch self.cursor.next(in: self.store) {
            case .part(let part, let fromFrame, _):
                self.write(part, fromFrame: fromFrame, context)
            case .archived(let archive):
                self.take(from: archive, context)
            case .caughtUp, .expired:
                return self.reset(context, "its audio is not there any more")
            }
        }
    }

    private func take(from archive: any SegmentArchive, _ context: ChannelHandlerContext) {
        guard archive.damagedParts == self.damagedParts else {
            return self.reset(context, "a part of it was found damaged")
        }
        let (slot, part) = (self.cursor.slot, self.cursor.part)
        if self.cursor.frame == 0 {
            switch archive.part(slot, part) {
            case .ready(let range):
                if part == 0 { archive.readAhead(slot + 1) }
                self.cursor.advance(in: self.store.grid)
                return self.write(range, context)
            case .unread where self.prepared != slot:
                self.prepared = slot
                return self.wait(context) { resume in archive.prepare(slot) { resume { _ in } } }
            case .unread, .computed:
                break
            case .missing:
                return self.reset(context, "its audio is not there any more")
            }
        }
        self.wait(context) { resume in
            archive.loadPart(slot, part) { loaded in resume { $0.takeLoaded(loaded, from: archive) } }
        }
    }

    private func takeLoaded(_ loaded: LoadedPart, from archive: any SegmentArchive) {
        guard let context = self.context else { return }
        guard case .part(let part) = loaded else {
            return self.reset(context, "a part of it cannot be read")
        }
        guard archive.damagedParts == self.damagedParts else {
            return self.reset(context, "a part of it was found damaged")
        }
        let frame = self.cursor.frame
        self.cursor.advance(in: self.store.grid)
        self.write(part, fromFrame: frame, context)
    }

    /// Asks the archive; the download goes on when the answer is given to `resume`, on any thread.
    private func wait(
        _ context: ChannelHandlerContext,
        _ ask: (_ resume: @escaping @Sendable (@escaping @Sendable (DownloadHandler) -> Void) -> Void) -> Void
    ) {
        self.isWaiting = true
        let loop = context.eventLoop
        let bound = NIOLoopBound(self, eventLoop: loop)
        ask { take in
            loop.execute {
                let download = bound.value
                download.isWaiting = false
                take(download)
                if let context = download.context { download.pump(context) }
            }
        }
    }

    // MARK: Writing

    /// What of so many bytes is wanted: those before are skipped, those behind are left.
    private func wanted(of length: Int) -> Range<Int> {
        let start = min(self.skip, length)
        let count = min(length - start, self.remaining)
        self.skip -= start
        self.remaining -= count
        return start..<start + count
    }

    private func write(_ part: Part, fromFrame frame: Int, _ context: ChannelHandlerContext) {
        var bytes = part.bytes
        bytes.moveReaderIndex(forwardBy: part.byteOffset(ofFrame: frame))
        let wanted = self.wanted(of: bytes.readableBytes)
        guard !wanted.isEmpty,
            let piece = bytes.getSlice(at: bytes.readerIndex + wanted.lowerBound, length: wanted.count)
        else { return }
        var rest = piece
        switch self.socket?.send(piece) ?? .full {
        case .sent(let count) where count == piece.readableBytes: return
        case .sent(let count): rest.moveReaderIndex(forwardBy: count)
        case .full: break
        case .failed: return context.close(promise: nil)
        }
        self.writeThroughChannel(.byteBuffer(rest), context)
    }

    private func write(_ range: StoredRange, _ context: ChannelHandlerContext) {
        let wanted = self.wanted(of: range.length)
        guard !wanted.isEmpty else { return }
        let piece = range.slice(from: wanted.lowerBound, count: wanted.count)
        var sent = 0
        switch self.socket?.send(piece) ?? .full {
        case .sent(let count) where count == piece.length: return
        case .sent(let count): sent = count
        case .full: break
        case .failed: return context.close(promise: nil)
        }
        self.writeThroughChannel(.fileRegion(piece.region(from: sent)), keeping: piece.file, context)
    }

    private func writeThroughChannel(_ data: IOData, keeping file: StoredFile? = nil, _ context: ChannelHandlerContext)
    {
        self.isBlocked = true
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.writeAndFlush(Self.wrapOutboundOut(data)).whenComplete { result in
            withExtendedLifetime(file) {
                guard case .success = result else { return }
                let (download, context) = bound.value
                download.isBlocked = false
                if download.context != nil { download.pump(context) }
            }
        }
    }

    private func goOnLater(_ context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.eventLoop.execute {
            let (download, context) = bound.value
            if download.context != nil { download.pump(context) }
        }
    }

    // MARK: Ends

    /// Gives the connection on behind the last byte, or ends it: then the client closes its side when it has all.
    private func finish(_ context: ChannelHandlerContext) {
        self.isBlocked = true
        guard let successor = self.successor else {
            self.holdsRead = false
            context.read()
            return context.close(mode: .output, promise: nil)
        }
        self.successor = nil
        do {
            try context.pipeline.syncOperations.addHandler(successor(self.received), position: .last)
            if self.holdsRead { context.read() }
            context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
        } catch {
            context.close(promise: nil)
        }
    }

    private func reset(_ context: ChannelHandlerContext, _ reason: String) {
        self.logger.warning("download reset: \(reason)")
        self.socket?.resetWhenClosed()
        context.close(promise: nil)
    }

    private func lookLater(_ context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        self.watch = context.eventLoop.scheduleTask(in: Self.patience) {
            let (download, context) = bound.value
            let unsent = (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
            let progress = download.remaining + unsent
            guard progress != download.remainingAtLastLook else { return context.close(promise: nil) }
            download.remainingAtLastLook = progress
            download.lookLater(context)
        }
    }

    private func leave() {
        self.watch?.cancel()
        self.context = nil
        self.socket = nil
    }
}

@available(*, unavailable)
extension DownloadHandler: Sendable {}

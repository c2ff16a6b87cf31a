// ListenerHandler: one raw or ICY listener's connection.

package import Logging
package import NIOCore
package import Segmenter

/// Pulls parts from a listener's cursor for as long as its socket takes more.
///
/// The whole state of a listener is a place, an ICY phase and a lag policy; it holds no audio. Whatever the client still sends is
/// discarded.
package final class ListenerHandler: ChannelInboundHandler {
    package typealias InboundIn = ByteBuffer
    package typealias OutboundOut = IOData

    private let store: SegmentStore
    private let fanout: Fanout
    private let logger: Logger
    private var cursor: StreamCursor
    private var framer: ICYFramer?
    private var lag: LagPolicy
    /// How many parts behind the live edge it stays; 0 for a live listener.
    private let distance: Int64
    private var context: ChannelHandlerContext?
    /// The head of the answer, until it is given to the channel.
    private var head: ByteBuffer?
    private var socket: DirectSocket?
    /// Set while the channel holds bytes that the socket had no room for: nothing may overtake them.
    private var isBlocked = false
    private var listeners: LoopFanout?
    /// Set while the archive is asked for the next part.
    private var isWaiting = false
    /// The slot that the archive was last asked to read.
    private var prepared: Int64?
    /// Set while parts are written: a write may end at once, which must not start a second run inside the first.
    private var isWriting = false
    var fanoutIndex: Int?

    /// Makes a listener at `place`, whose answer begins with `head`; `metadataInterval` is `nil` for one without ICY.
    ///
    /// A listener with a `burst` keeps its distance to the live edge: it gets so much at once, then a part for each that is
    /// published, as a live listener does. One without takes all there is.
    package init(
        store: SegmentStore,
        fanout: Fanout,
        head: ByteBuffer,
        place: StreamCursor,
        metadataInterval: Int?,
        burst: Duration?,
        largestLag: Duration,
        logger: Logger
    ) {
        self.store = store
        self.fanout = fanout
        self.head = head
        self.cursor = place
        self.framer = metadataInterval.map { ICYFramer(interval: $0) }
        self.logger = logger
        let grid = store.grid
        let part = Duration.milliseconds(grid.partMilliseconds)
        let start = place.ordinal(in: grid)
        let edge = store.liveEdge?.ordinal(in: grid) ?? start
        self.distance = burst.map { max(0, edge - start - Int64(($0 / part).rounded(.up))) } ?? 0
        self.lag = LagPolicy(
            start: start,
            edge: edge,
            allowance: Int64(largestLag / part),
            partsPerMinute: 60_000 / grid.partMilliseconds
        )
    }

    package func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        self.listeners = self.fanout.add(self, on: context.eventLoop)
        self.socket = DirectSocket(of: context)
        // Answers to earlier requests may still be on their way in the channel, so the head goes behind them.
        if let head = self.head { self.writeThroughChannel(.byteBuffer(head), context) }
        self.head = nil
        self.pump(context)
    }

    package func handlerRemoved(context: ChannelHandlerContext) {
        self.leave(context)
    }

    package func channelInactive(context: ChannelHandlerContext) {
        self.leave(context)
        context.fireChannelInactive()
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {}

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A listener that resets its connection has left; there is nothing to say to it.
        context.close(promise: nil)
    }

    /// Takes what is new, or finds that the listener has fallen too far behind; `edge` is the live edge, if it is known.
    func wake(edge: Int64? = nil) {
        guard let context = self.context else { return }
        // A slot at a time is more than a part: most wakes are not for a listener in old audio.
        if let edge, self.distance > 0, self.takesMore,
            self.cursor.ordinal(in: self.store.grid) >= edge - self.distance
        {
            return
        }
        if self.takesMore {
            self.pump(context)
        } else if self.isBlocked, let edge = self.store.liveEdge {
            // One that waits for the archive is not to blame, and its place must stay that of the part it waits for.
            let grid = self.store.grid
            self.follow(self.lag.judge(place: self.cursor.ordinal(in: grid), edge: edge.ordinal(in: grid)), context)
        }
    }

    func close() {
        self.context?.close(promise: nil)
    }

    /// Writes parts until there are no more, or the socket is full, or the place is reached.
    private func pump(_ context: ChannelHandlerContext) {
        guard !self.isWriting else { return }
        self.isWriting = true
        defer { self.isWriting = false }
        while self.takesMore, !self.isAtItsPlace {
            switch self.cursor.next(in: self.store) {
            case .part(let part, let fromFrame, let isNewest):
                self.write(self.bytes(of: part, fromFrame: fromFrame), context)
                if isNewest { return }
            case .archived(let archive):
                guard self.take(from: archive, context) else { return }
            case .caughtUp:
                return
            case .expired:
                guard self.rejoin(context) else { return }
            }
        }
    }

    private var takesMore: Bool { !self.isBlocked && !self.isWaiting && self.context != nil }

    /// Whether a rewound listener has all that its distance to the live edge allows.
    private var isAtItsPlace: Bool {
        guard self.distance > 0, let edge = self.store.liveEdge else { return false }
        let grid = self.store.grid
        return self.cursor.ordinal(in: grid) >= edge.ordinal(in: grid) - self.distance
    }

    /// Takes the next part from the archive; `false` when it has to be waited for, or cannot be had.
    private func take(from archive: any SegmentArchive, _ context: ChannelHandlerContext) -> Bool {
        let (slot, part) = (self.cursor.slot, self.cursor.part)
        // Only whole parts without titles between them can be sent as they lie in a file.
        if self.framer == nil, self.cursor.frame == 0 {
            if part == 0 {
                // One write a slot: a place in old audio costs less than a place at the edge.
                if let ranges = archive.ranges(ofSlot: slot) {
                    self.cursor = StreamCursor(slot: slot + 1)
                    self.write(ranges, context)
                    return true
                }
                if self.prepared != slot {
                    self.prepared = slot
                    self.isWaiting = true
                    let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
                    archive.deliver(slot, on: context.eventLoop) { bound.value.takeDelivered($0) }
                    return false
                }
            }
            switch archive.part(slot, part) {
            case .ready(let range):
                self.cursor.advance(in: self.store.grid)
                self.write(range, context)
                return true
            case .unread where self.prepared != slot:
                self.prepared = slot
                self.wait(context) { resume in archive.prepare(slot) { resume { _ in } } }
                return false
            case .unread, .computed:
                break
            case .missing:
                return self.rejoin(context)
            }
        }
        self.wait(context) { resume in
            archive.loadPart(slot, part) { loaded in resume { $0.takeLoaded(loaded) } }
        }
        return false
    }

    /// Asks the archive; the listener goes on when the answer is given to `resume`, on any thread.
    private func wait(
        _ context: ChannelHandlerContext,
        _ ask: (_ resume: @escaping @Sendable (@escaping @Sendable (ListenerHandler) -> Void) -> Void) -> Void
    ) {
        self.isWaiting = true
        let loop = context.eventLoop
        let bound = NIOLoopBound(self, eventLoop: loop)
        ask { take in
            loop.execute {
                let listener = bound.value
                listener.isWaiting = false
                take(listener)
                if let context = listener.context { listener.pump(context) }
            }
        }
    }

    /// Takes a whole slot; one that the disk does not give is tried part by part.
    private func takeDelivered(_ segment: Segment?) {
        self.isWaiting = false
        guard let context = self.context else { return }
        if let segment, segment.isComplete {
            self.cursor = StreamCursor(slot: segment.slot + 1)
            self.write(segment.parts.map(\.bytes), context)
        }
        self.pump(context)
    }

    private func takeLoaded(_ loaded: LoadedPart) {
        guard let context = self.context else { return }
        let part: Part
        switch loaded {
        case .part(let sound): part = sound
        case .unread(let silence): part = silence
        case .missing:
            _ = self.rejoin(context)
            return
        }
        let frame = self.cursor.frame
        self.cursor.advance(in: self.store.grid)
        self.write(self.bytes(of: part, fromFrame: frame), context)
    }

    private func bytes(of part: Part, fromFrame: Int) -> ByteBuffer {
        if self.framer != nil, let listeners = self.listeners {
            listeners.bytes.clear()
            self.framer?.frame(part, fromFrame: fromFrame) { listeners.bytes.writeImmutableBuffer($0) }
            return listeners.bytes
        }
        var bytes = part.bytes
        if fromFrame > 0 { bytes.moveReaderIndex(forwardBy: part.byteOffset(ofFrame: fromFrame)) }
        return bytes
    }

    /// Writes to the socket itself; what it has no room for goes through the channel.
    private func write(_ bytes: ByteBuffer, _ context: ChannelHandlerContext) {
        var rest = bytes
        switch self.socket?.send(bytes) ?? .full {
        case .sent(let count) where count == bytes.readableBytes: return
        case .sent(let count): rest.moveReaderIndex(forwardBy: count)
        case .full: break
        case .failed: return context.close(promise: nil)
        }
        self.writeThroughChannel(.byteBuffer(rest), context)
    }

    /// Writes a slot's parts in one call; what the socket has no room for goes through the channel.
    private func write(_ parts: [ByteBuffer], _ context: ChannelHandlerContext) {
        var sent = 0
        switch self.socket?.send(parts) ?? .full {
        case .sent(let count): sent = count
        case .full: break
        case .failed: return context.close(promise: nil)
        }
        var rest: [IOData] = []
        for part in parts {
            let skipped = min(sent, part.readableBytes)
            sent -= skipped
            if skipped < part.readableBytes {
                var piece = part
                piece.moveReaderIndex(forwardBy: skipped)
                rest.append(.byteBuffer(piece))
            }
        }
        self.writeThroughChannel(rest, keeping: nil, context)
    }

    /// Writes a slot's parts from their file, as few packets; what the socket has no room for goes through the channel.
    private func write(_ ranges: [StoredRange], _ context: ChannelHandlerContext) {
        var rest = ranges[...]
        var sent = 0
        self.socket?.holdPackets(true)
        while let range = rest.first, let socket = self.socket {
            switch socket.send(range) {
            case .sent(let count): sent = count
            case .full: sent = 0
            case .failed: return context.close(promise: nil)
            }
            guard sent == range.length else { break }
            sent = 0
            rest.removeFirst()
        }
        self.socket?.holdPackets(false)
        guard let first = rest.first else { return }
        let regions = [first.region(from: sent)] + rest.dropFirst().map { $0.region() }
        self.writeThroughChannel(regions.map { .fileRegion($0) }, keeping: first.file, context)
    }

    /// Writes from a file to the socket itself; what it has no room for goes through the channel.
    private func write(_ range: StoredRange, _ context: ChannelHandlerContext) {
        var sent = 0
        switch self.socket?.send(range) ?? .full {
        case .sent(let count) where count == range.length: return
        case .sent(let count): sent = count
        case .full: break
        case .failed: return context.close(promise: nil)
        }
        self.writeThroughChannel(.fileRegion(range.region(from: sent)), keeping: range.file, context)
    }

    private func writeThroughChannel(_ data: IOData, keeping file: StoredFile? = nil, _ context: ChannelHandlerContext)
    {
        self.writeThroughChannel([data], keeping: file, context)
    }

    /// Writes through the channel, and waits until all of it is in the socket; until then `file` stays open.
    private func writeThroughChannel(_ pieces: [IOData], keeping file: StoredFile?, _ context: ChannelHandlerContext) {
        guard let data = pieces.last else { return }
        self.isBlocked = true
        for piece in pieces.dropLast() { context.write(Self.wrapOutboundOut(piece), promise: nil) }
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        context.writeAndFlush(Self.wrapOutboundOut(data)).whenComplete { result in
            withExtendedLifetime(file) {
                if case .success = result { bound.value.channelHasWritten() }
            }
        }
    }

    private func channelHasWritten() {
        self.isBlocked = false
        if let context = self.context { self.pump(context) }
    }

    /// Moves a listener whose place has left the window; `false` when it was closed instead.
    private func rejoin(_ context: ChannelHandlerContext) -> Bool {
        guard let edge = self.store.liveEdge else { return false }
        let action = self.lag.judgeExpired(edge: edge.ordinal(in: self.store.grid))
        self.follow(action, context)
        return action != .close
    }

    private func follow(_ action: LagPolicy.Action, _ context: ChannelHandlerContext) {
        switch action {
        case .keep:
            break
        case .jump(let ordinal):
            let parts = Int64(self.store.grid.partsPerSlot)
            let oldest = self.store.slots?.lowerBound ?? 0
            let slot = ordinal / parts
            self.cursor =
                slot > oldest ? StreamCursor(slot: slot, part: Int(ordinal % parts)) : StreamCursor(slot: oldest)
            self.logger.debug("listener fell behind and was moved back to its place")
        case .close:
            self.logger.info("listener closed: it fell behind twice within a minute")
            context.close(promise: nil)
        }
    }

    private func leave(_ context: ChannelHandlerContext) {
        self.fanout.remove(self, on: context.eventLoop)
        self.context = nil
        self.socket = nil
    }
}

@available(*, unavailable)
extension ListenerHandler: Sendable {}

// SocketStandIn: a socket's buffer and its client, in front of an embedded channel.

import NIOCore
import NIOEmbedded

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A socket that buffers as NIO's does: writability flips with its marks, inside writes and inside flushes.
final class SocketStandIn: ChannelOutboundHandler {
    typealias OutboundIn = IOData

    static let high = 64 * 1_024
    static let low = 32 * 1_024

    /// What the client has taken.
    private(set) var taken = ByteBuffer()
    /// Bytes that came from files, not from memory.
    private(set) var fromFiles = 0
    /// How the connection was closed.
    private(set) var closes: [CloseMode] = []
    /// Bytes written that the client has not taken.
    private(set) var buffered = 0
    private(set) var most = 0
    private(set) var writesWhileUnwritable = 0
    private(set) var flushes = 0
    /// Called in the midst of a flush.
    var onFlush: (() -> Void)?
    /// Whether every write goes out at once, so that writability flips while a handler is writing.
    var flushesWrites = false
    /// How many more bytes the client takes.
    private(set) var window: Int
    private var waiting: [(bytes: IOData, promise: EventLoopPromise<Void>?)] = []
    private var flushed = 0
    private var isDraining = false
    private var context: ChannelHandlerContext?

    init(window: Int = .max) {
        self.window = window
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let bytes = Self.unwrapOutboundIn(data)
        if !context.channel.isWritable, bytes.readableBytes > 0 { self.writesWhileUnwritable += 1 }
        self.waiting.append((bytes, promise))
        self.buffered += bytes.readableBytes
        self.most = max(self.most, self.buffered)
        if self.buffered > Self.high { self.setWritable(false, context) }
        if self.flushesWrites {
            self.flushed = self.waiting.count
            self.drain(context)
        }
    }

    func flush(context: ChannelHandlerContext) {
        self.flushes += 1
        self.flushed = self.waiting.count
        self.onFlush?()
        self.drain(context)
    }

    /// Lets the client take so many bytes more.
    func take(_ bytes: Int) {
        self.window = bytes == .max ? .max : self.window + bytes
        if let context = self.context { self.drain(context) }
    }

    private func drain(_ context: ChannelHandlerContext) {
        guard !self.isDraining else { return }
        self.isDraining = true
        defer { self.isDraining = false }
        while self.flushed > 0, self.window > 0 || self.waiting[0].bytes.readableBytes == 0 {
            let count = min(self.window, self.waiting[0].bytes.readableBytes)
            self.take(count, from: &self.waiting[0].bytes)
            if self.window != .max { self.window -= count }
            self.buffered -= count
            if self.waiting[0].bytes.readableBytes == 0 {
                let done = self.waiting.removeFirst()
                self.flushed -= 1
                done.promise?.succeed()
            }
            if self.buffered < Self.low { self.setWritable(true, context) }
        }
    }

    /// Reads what the socket sends at this moment, as the kernel would: a file must be open still.
    private func take(_ count: Int, from data: inout IOData) {
        switch data {
        case .byteBuffer(var bytes):
            if var slice = bytes.readSlice(length: count) { self.taken.writeBuffer(&slice) }
            data = .byteBuffer(bytes)
        case .fileRegion(var region):
            self.fromFiles += count
            let offset = off_t(region.readerIndex)
            self.taken.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { memory in
                let read = try? region.fileHandle.withUnsafeFileDescriptor {
                    pread($0, memory.baseAddress, count, offset)
                }
                return max(0, read ?? 0)
            }
            region.moveReaderIndex(forwardBy: count)
            data = .fileRegion(region)
        }
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        self.closes.append(mode)
        // An embedded channel knows no half-closed state: there the client is told of the end, and closes.
        guard mode == .all else { return }
        context.close(mode: mode, promise: promise)
    }

    private func setWritable(_ isWritable: Bool, _ context: ChannelHandlerContext) {
        guard let channel = context.channel as? EmbeddedChannel, channel.isWritable != isWritable else { return }
        channel.isWritable = isWritable
        context.fireChannelWritabilityChanged()
    }
}

@available(*, unavailable)
extension SocketStandIn: Sendable {}

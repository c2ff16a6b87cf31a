// ListenerHandlerTests: a listener's connection, on a socket that fills up.

import LegacyOutputs
import NIOCore
import NIOEmbedded
import Segmenter
import Testing

@Suite struct ListenerHandlerTests {
    private let loop = EmbeddedEventLoop()
    private let fanout: Fanout

    init() {
        self.fanout = Fanout(group: self.loop)
    }

    private func listener(
        _ stream: TestParts,
        at place: StreamCursor = StreamCursor(slot: TestParts.firstSlot),
        window: Int = .max,
        metadataInterval: Int? = nil,
        largestLag: Duration = .seconds(30)
    ) throws -> Listener {
        try Listener(
            at: place,
            of: stream.store,
            on: self.fanout,
            loop: self.loop,
            window: window,
            metadataInterval: metadataInterval,
            largestLag: largestLag
        )
    }

    private func publish(_ stream: inout TestParts, parts: Int = 1, titles: [Int: String] = [:]) {
        for _ in 0..<parts {
            stream.publish(titles: titles)
            self.fanout.liveEdgeMoved()
            self.loop.run()
        }
    }

    @Test("a listener gets what is there at once, then each part as it appears, one flush each")
    func follows() throws {
        var stream = TestParts()
        stream.publish(parts: 3)
        let listener = try self.listener(stream)
        #expect(listener.socket.taken == stream.audio)
        let flushes = listener.socket.flushes
        self.publish(&stream, parts: 20)
        #expect(listener.socket.taken == stream.audio)
        #expect(listener.socket.flushes == flushes + 20)
        self.fanout.liveEdgeMoved()
        self.loop.run()
        #expect(listener.socket.flushes == flushes + 20)
    }

    @Test("a listener that starts at a frame gets nothing before it")
    func startsAtAFrame() throws {
        var stream = TestParts()
        stream.publish(parts: 8)
        let listener = try self.listener(stream, at: StreamCursor(slot: TestParts.firstSlot, part: 4, frame: 39))
        let start = stream.offsets[4] + 39 * 384
        #expect(listener.socket.taken == stream.audio.getSlice(at: start, length: stream.audio.readableBytes - start))
    }

    @Test("a stalled listener holds its place, not the bytes it has missed", arguments: [nil, 16_000, 256] as [Int?])
    func stalled(interval: Int?) throws {
        var stream = TestParts()
        stream.publish(parts: 1)
        let listener = try self.listener(stream, window: 1_000, metadataInterval: interval, largestLag: .seconds(300))
        self.publish(&stream, parts: 200)
        #expect(stream.audio.readableBytes > 3_000_000)
        // The mark, and the part with its blocks that went over it.
        #expect(listener.socket.most <= SocketStandIn.high + 15_360 + 61 * 17)
        #expect(interval != nil || listener.socket.writesWhileUnwritable == 0)
        #expect(listener.socket.taken.readableBytes == 1_000)
    }

    @Test("what a slow listener takes piece by piece is the stream, nothing lost or repeated", arguments: 0..<20)
    func resumes(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let interval = [nil, 16_000, 1_000][Int(seed % 3)]
        var stream = TestParts()
        let listener = try self.listener(stream, window: 0, metadataInterval: interval, largestLag: .seconds(3_600))
        for number in 0..<60 {
            self.publish(&stream, titles: number % 7 == 0 ? [number % 40: "title \(number)"] : [:])
            listener.socket.take(Int.random(in: 0...30_000, using: &random))
        }
        listener.socket.take(.max)
        try self.expect(listener.socket.taken, toBe: stream.audio, interval: interval)
    }

    @Test(
        "writability that flips inside writes and flushes starts no second run inside the first",
        arguments: [true, false],
        [nil, 16_000, 300] as [Int?]
    )
    func reentrancy(flushesWrites: Bool, interval: Int?) throws {
        var stream = TestParts()
        // Parts larger than the high mark: every write makes the socket unwritable, every flush writable.
        for _ in 0..<10 { stream.publish(frames: 200) }
        let listener = try self.listener(
            stream,
            at: StreamCursor(slot: TestParts.firstSlot + 1, part: 4),
            metadataInterval: interval
        )
        listener.socket.flushesWrites = flushesWrites
        for _ in 0..<30 { stream.publish(frames: 200) }
        self.fanout.liveEdgeMoved()
        self.loop.run()
        let length = stream.audio.readableBytes - stream.offsets[10]
        let audio = stream.audio.getSlice(at: stream.offsets[10], length: length)
        try self.expect(listener.socket.taken, toBe: audio ?? ByteBuffer(), interval: interval)
    }

    private func expect(_ taken: ByteBuffer, toBe audio: ByteBuffer, interval: Int?) throws {
        guard let interval else {
            #expect(taken == audio)
            return
        }
        #expect(try ICYReader(taken, interval: interval).audio == audio)
    }

    @Test("a listener that falls behind jumps to its place, at the beginning of a part")
    func jumps() throws {
        var stream = TestParts()
        stream.publish(parts: 10)
        // It begins ten parts behind the edge: that is its place.
        let listener = try self.listener(stream, window: 0)
        self.publish(&stream, parts: 40)
        let written = listener.socket.buffered
        #expect(stream.offsets.contains(written))
        listener.socket.take(.max)
        let taken = listener.socket.taken
        #expect(listener.channel.isActive)
        #expect(taken.getSlice(at: 0, length: written) == stream.audio.getSlice(at: 0, length: written))
        let rest = taken.readableBytes - written
        let start = stream.audio.readableBytes - rest
        #expect(taken.getSlice(at: written, length: rest) == stream.audio.getSlice(at: start, length: rest))
        let skipped = try #require(stream.offsets.firstIndex(of: start)) - stream.offsets.firstIndex(of: written, or: 0)
        #expect(skipped > 20)
        // Ten parts behind the edge of the moment at which it jumped.
        let jumpedAt = stream.offsets.firstIndex(of: written, or: 0) + 10 + 31 + 1
        #expect(stream.offsets[jumpedAt - 10] == start)
    }

    @Test("an ICY listener that jumps keeps its interval, and sees the title of where it is")
    func jumpsWithTitles() throws {
        var stream = TestParts()
        stream.publish(titles: [0: "before"])
        let listener = try self.listener(stream, window: 0, metadataInterval: 4_000)
        self.publish(&stream, parts: 30)
        self.publish(&stream, titles: [0: "after"])
        self.publish(&stream, parts: 10)
        listener.socket.take(.max)
        self.publish(&stream)
        let reader = try ICYReader(listener.socket.taken, interval: 4_000)
        #expect(reader.audio.readableBytes < stream.audio.readableBytes)
        let titles = reader.blocks.map(\.text).filter { !$0.isEmpty }
        #expect(titles == ["StreamTitle='before';", "StreamTitle='after';"])
    }

    @Test("a listener that falls behind twice within a minute is closed and leaves the fanout")
    func closes() throws {
        var stream = TestParts()
        let listener = try self.listener(stream, window: 0)
        self.publish(&stream, parts: 60)
        #expect(listener.channel.isActive && self.fanout.count == 1)
        self.publish(&stream, parts: 20)
        #expect(!listener.channel.isActive)
        #expect(self.fanout.count == 0)
        self.publish(&stream)
    }

    @Test("a listener whose place has left the window goes on at the oldest audio, or at its distance")
    func expired() throws {
        var stream = TestParts(seconds: 60)
        let listener = try self.listener(stream, window: 0, largestLag: .seconds(3_600))
        self.publish(&stream, parts: 200)
        let written = listener.socket.buffered
        listener.socket.take(.max)
        #expect(listener.channel.isActive)
        let rest = listener.socket.taken.readableBytes - written
        let start = stream.audio.readableBytes - rest
        let tail = listener.socket.taken.getSlice(at: written, length: rest)
        #expect(tail == stream.audio.getSlice(at: start, length: rest))
        self.publish(&stream)
        #expect(listener.socket.taken.readableBytes == written + rest + 15_360)
    }

    @Test("a rewound listener whose whole window has passed begins again at the oldest audio")
    func expiredAtTheOldest() throws {
        var stream = TestParts(seconds: 60)
        stream.publish(parts: 72)
        let oldest = try #require(stream.store.slots?.lowerBound)
        let listener = try self.listener(stream, at: StreamCursor(slot: oldest), window: 0, largestLag: .seconds(3_600))
        self.publish(&stream, parts: 603)
        let written = listener.socket.buffered
        listener.socket.take(.max)
        let slots = try #require(stream.store.slots)
        let expected = (Int(slots.lowerBound - TestParts.firstSlot) * 6..<stream.offsets.count).count * 15_360
        #expect(listener.socket.taken.readableBytes - written == expected)
    }

    @Test("what a listener sends is discarded")
    func discards() throws {
        var stream = TestParts()
        let listener = try self.listener(stream)
        for _ in 0..<100 { try listener.channel.writeInbound(ByteBuffer(repeating: 0x47, count: 10_000)) }
        #expect(try listener.channel.readInbound(as: ByteBuffer.self) == nil)
        self.publish(&stream)
        #expect(listener.socket.taken == stream.audio)
    }

    @Test("a listener that leaves or fails is not followed any more")
    func leaves() throws {
        var stream = TestParts()
        let listeners = try (0..<3).map { _ in try self.listener(stream) }
        #expect(self.fanout.count == 3)
        listeners[0].channel.close(promise: nil)
        #expect(self.fanout.count == 2)
        listeners[1].channel.pipeline.fireErrorCaught(IOError(errnoCode: 104, reason: "reset"))
        #expect(self.fanout.count == 1 && !listeners[1].channel.isActive)
        _ = try listeners[2].channel.finish()
        #expect(self.fanout.count == 0)
        self.publish(&stream)
        #expect(listeners.allSatisfy { $0.socket.taken.readableBytes == 0 })
    }
}

extension [Int] {
    /// The place of a value, or another value where there is none.
    fileprivate func firstIndex(of value: Int, or other: Int) -> Int { self.firstIndex(of: value) ?? other }
}

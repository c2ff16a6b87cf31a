// DownloadHandlerTests: a finite run of frames, exact to the byte, or visibly broken off.

import LegacyOutputs
import Logging
import NIOCore
import NIOEmbedded
import Segmenter
import Testing

@Suite struct DownloadHandlerTests {
    private static let part = 15_360
    private let loop = EmbeddedEventLoop()
    private let archive: TestArchive
    /// Twelve slots, of which the last two are in memory.
    private let stream: TestParts

    init() throws {
        self.archive = try TestArchive()
        var stream = TestParts(archive: self.archive)
        stream.publish(parts: 70)
        self.stream = stream
    }

    private func slice(_ range: Range<Int>) -> ByteBuffer? {
        self.stream.audio.getSlice(at: range.lowerBound, length: range.count)
    }

    @Test("a download from memory is its frames, then the end")
    func memory() throws {
        var stream = TestParts()
        stream.publish(parts: 30)
        let download = try Download(stream, from: 5, to: 22, loop: self.loop)
        #expect(download.audio == stream.audio.getSlice(at: 5 * Self.part, length: 17 * Self.part))
        #expect(download.socket.taken.getString(at: 0, length: 4) == "HTTP")
        #expect(download.isEnded)
    }

    @Test("one that begins in the archive and ends in memory is exact, sent from the file where it lies whole there")
    func tiers() throws {
        let download = try Download(self.stream, from: 3, to: 68, loop: self.loop)
        #expect(download.excerpt.byteCount == 65 * Self.part)
        #expect(download.audio == self.slice(3 * Self.part..<68 * Self.part))
        #expect(download.socket.fromFiles == 57 * Self.part)
        #expect(self.archive.asked == (1_000..<1_010).map { "prepare \($0)" })
        #expect(download.isEnded)
    }

    @Test("any range of the bytes is those bytes, and slots before it are not read", arguments: 0..<6)
    func ranges(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let length = 66 * Self.part
        for _ in 0..<10 {
            let start = Int.random(in: 0..<length, using: &random)
            let end = Int.random(in: start + 1...length, using: &random)
            let archive = try TestArchive()
            var stream = TestParts(archive: archive)
            stream.publish(parts: 70)
            let download = try Download(stream, from: 2, to: 68, range: start..<end, loop: self.loop)
            #expect(download.audio == self.slice(2 * Self.part + start..<2 * Self.part + end))
            #expect(download.isEnded)
            let first = TestParts.firstSlot + Int64((2 * Self.part + start) / (6 * Self.part))
            // The slot that the excerpt begins inside of is walked part by part.
            let asked = archive.asked.compactMap { Int64($0.dropFirst(8)) }
            #expect(asked.allSatisfy { $0 >= first || $0 == TestParts.firstSlot })
        }
    }

    @Test("parts that are in no file are loaded, and so are those that the cache lets go of at once")
    func loaded() throws {
        self.archive.compute(1_002)
        let computed = try Download(self.stream, to: 24, loop: self.loop)
        #expect(computed.audio == self.slice(0..<24 * Self.part) && computed.isEnded)
        #expect(self.archive.asked.filter { $0.hasPrefix("part") } == (0..<6).map { "part 1002.\($0)" })
        self.archive.neverBeReady()
        let evicted = try Download(self.stream, to: 24, loop: self.loop)
        #expect(evicted.audio == self.slice(0..<24 * Self.part) && evicted.isEnded)
    }

    @Test("a client that takes its time gets all of it, and nothing is held for it", arguments: 0..<4)
    func slow(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let download = try Download(self.stream, to: 66, loop: self.loop, window: 0)
        while download.audio.readableBytes < 66 * Self.part {
            download.socket.take(Int.random(in: 1...60_000, using: &random))
            self.loop.run()
            #expect(download.socket.buffered <= Self.part)
        }
        #expect(download.audio == self.slice(0..<66 * Self.part) && download.isEnded)
    }

    @Test("while the disk is asked nothing is sent, and the download goes on with the answer")
    func waits() throws {
        self.archive.answersAtOnce = false
        let download = try Download(self.stream, to: 66, loop: self.loop)
        #expect(download.audio.readableBytes == 0 && self.archive.asked == ["prepare 1000"])
        var rounds = 0
        while self.archive.answer() {
            self.loop.run()
            rounds += 1
            #expect(download.audio.readableBytes >= min(rounds, 10) * 6 * Self.part)
        }
        #expect(rounds == 10 && download.audio == self.slice(0..<66 * Self.part) && download.isEnded)
    }

    @Test("a client that leaves while the disk is asked is forgotten, and its files with it")
    func leaves() throws {
        self.archive.answersAtOnce = false
        do {
            let download = try Download(self.stream, to: 66, loop: self.loop)
            #expect(self.archive.leases == [1_000...1_011])
            download.channel.close(promise: nil)
            self.loop.run()
            self.archive.answer()
            self.loop.run()
            #expect(download.audio.readableBytes == 0)
        }
        #expect(self.archive.asked == ["prepare 1000"])
        #expect(self.archive.leases.isEmpty)
    }

    @Test("the files are leased until the download has ended")
    func lease() throws {
        do {
            let download = try Download(self.stream, from: 12, to: 30, loop: self.loop, window: 1_000)
            #expect(self.archive.leases == [1_002...1_005])
            download.socket.take(.max)
            self.loop.run()
            #expect(download.isEnded)
            download.channel.close(promise: nil)
            self.loop.run()
        }
        #expect(self.archive.leases.isEmpty)
    }

    // MARK: Ends

    @Test("audio that is gone, unreadable or found damaged breaks the download off: never a clean end")
    func breaksOff() throws {
        for fault in 0..<3 {
            let archive = try TestArchive()
            var stream = TestParts(archive: archive)
            stream.publish(parts: 70)
            let download = try Download(stream, to: 66, loop: self.loop, window: 40_000)
            switch fault {
            case 0:
                archive.forget(1_004)
            case 1:
                archive.makeUnreadable(1_004)
                archive.compute(1_004)
            default:
                archive.noteDamage()
            }
            download.socket.take(.max)
            self.loop.run()
            #expect(!download.isOpen && !download.isEnded)
            #expect(download.audio.readableBytes < 66 * Self.part)
            #expect(download.audio == self.slice(0..<download.audio.readableBytes))
        }
    }

    @Test("damage that is found while a part is loaded breaks the download off before that part")
    func damageWhileLoading() throws {
        self.archive.compute(1_000)
        self.archive.answersAtOnce = false
        let download = try Download(self.stream, to: 66, loop: self.loop)
        #expect(self.archive.asked == ["part 1000.0"])
        self.archive.noteDamage()
        self.archive.answer()
        self.loop.run()
        #expect(!download.isOpen && download.audio.readableBytes == 0)
    }

    @Test("a client that takes nothing is let go of; one that takes a little is not")
    func patience() throws {
        let idle = try Download(self.stream, to: 66, loop: self.loop, window: 0)
        let slow = try Download(self.stream, to: 66, loop: self.loop, window: 0)
        for _ in 0..<4 {
            slow.socket.take(20_000)
            self.loop.advanceTime(by: .seconds(60))
        }
        #expect(!idle.isOpen && slow.isOpen)
        slow.socket.take(.max)
        self.loop.run()
        #expect(slow.isEnded)
    }

    @Test("a client that has everything and does not close its side is not kept for ever")
    func neverCloses() throws {
        let download = try Download(self.stream, to: 66, loop: self.loop)
        #expect(download.isEnded && download.isOpen)
        self.loop.advanceTime(by: .seconds(121))
        #expect(!download.isOpen)
    }

    @Test("a fast client lets other work have the loop after a megabyte")
    func turns() throws {
        var stream = TestParts()
        for _ in 0..<40 { stream.publish(frames: 160) }
        let grid = SlotGrid.standard
        let from = grid.edge(ofSlot: TestParts.firstSlot)
        guard case .found(let excerpt) = stream.store.excerpt(from: from, to: from.advanced(byMilliseconds: 40_000))
        else {
            Issue.record("the audio must be found")
            return
        }
        try #require(excerpt.byteCount > 2 * 1_024 * 1_024)
        let channel = EmbeddedChannel(loop: self.loop)
        let socket = SocketStandIn()
        try channel.connect(to: SocketAddress(ipAddress: "192.0.2.7", port: 40_000)).wait()
        try channel.pipeline.syncOperations.addHandler(socket)
        let handler = DownloadHandler(
            store: stream.store,
            excerpt: excerpt,
            range: 0..<excerpt.byteCount,
            head: ByteBuffer(),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        try channel.pipeline.syncOperations.addHandler(handler)
        #expect(socket.taken.readableBytes < 1_200_000)
        self.loop.run()
        #expect(socket.taken.readableBytes == excerpt.byteCount)
    }

    // MARK: Behind it

    @Test("what the client sends meanwhile goes to whoever has the connection next, who is there behind the last byte")
    func successor() throws {
        final class Next: ChannelInboundHandler {
            typealias InboundIn = ByteBuffer
            var received: ByteBuffer

            init(_ received: ByteBuffer) { self.received = received }

            func channelRead(context: ChannelHandlerContext, data: NIOAny) {
                var bytes = Self.unwrapInboundIn(data)
                self.received.writeBuffer(&bytes)
            }
        }
        let download = try Download(self.stream, to: 66, loop: self.loop, window: 5_000, successor: { Next($0) })
        try download.channel.writeInbound(ByteBuffer(string: "GET /next"))
        #expect((try? download.channel.pipeline.syncOperations.handler(type: Next.self)) == nil)
        download.socket.take(.max)
        self.loop.run()
        #expect(download.audio == self.slice(0..<66 * Self.part))
        #expect(download.isOpen && download.socket.closes.isEmpty)
        try download.channel.writeInbound(ByteBuffer(string: " HTTP/1.1"))
        let next = try download.channel.pipeline.syncOperations.handler(type: Next.self)
        #expect(String(buffer: next.received) == "GET /next HTTP/1.1")
        #expect((try? download.channel.pipeline.syncOperations.handler(type: DownloadHandler.self)) == nil)
        self.loop.advanceTime(by: .seconds(600))
        #expect(download.isOpen)
    }
}

// ListenerHandlerArchiveTests: a listener in the archive, and on its way out of it.

import LegacyOutputs
import NIOCore
import NIOEmbedded
import Segmenter
import Testing

@Suite struct ListenerHandlerArchiveTests {
    private static let part = 15_360
    private let loop = EmbeddedEventLoop()
    private let fanout: Fanout
    private let archive: TestArchive

    init() throws {
        self.fanout = Fanout(group: self.loop)
        self.archive = try TestArchive()
    }

    /// Twelve slots, of which the last two are in memory.
    private func stored(titles: Bool = false) -> TestParts {
        var stream = TestParts(archive: self.archive)
        for number in 0..<70 {
            stream.publish(titles: titles && number % 9 == 0 ? [number % 40: "title \(number)"] : [:])
        }
        return stream
    }

    private func listener(
        _ stream: TestParts,
        at place: StreamCursor = StreamCursor(slot: TestParts.firstSlot),
        window: Int = .max,
        metadataInterval: Int? = nil,
        burst: Duration? = nil,
        largestLag: Duration = .seconds(30)
    ) throws -> Listener {
        let listener = try Listener(
            at: place,
            of: stream.store,
            on: self.fanout,
            loop: self.loop,
            window: window,
            metadataInterval: metadataInterval,
            burst: burst,
            largestLag: largestLag
        )
        self.loop.run()
        return listener
    }

    private func publish(_ stream: inout TestParts, parts: Int = 1) {
        for _ in 0..<parts {
            stream.publish()
            self.fanout.liveEdgeMoved()
            self.loop.run()
        }
    }

    @Test("a listener goes from the archive into memory without a seam; what was checked before is sent from the file")
    func walks() throws {
        var stream = self.stored()
        let listener = try self.listener(stream)
        #expect(listener.socket.taken == stream.audio)
        #expect(listener.socket.fromFiles == 0)
        #expect(self.archive.asked == (1_000..<1_010).map { "deliver \($0)" })
        let second = try self.listener(stream)
        #expect(second.socket.taken == stream.audio)
        #expect(second.socket.fromFiles == 60 * Self.part)
        #expect(self.archive.asked.count == 10)
        self.publish(&stream, parts: 5)
        #expect(listener.socket.taken == stream.audio && second.socket.taken == stream.audio)
    }

    @Test("one that begins inside a part has that one loaded, and the rest sent from the file")
    func insideAPart() throws {
        let stream = self.stored()
        let listener = try self.listener(stream, at: StreamCursor(slot: 1_001, part: 2, frame: 7))
        let start = stream.offsets[8] + 7 * 384
        let length = stream.audio.readableBytes - start
        #expect(listener.socket.taken == stream.audio.getSlice(at: start, length: length))
        #expect(self.archive.asked.prefix(3) == ["part 1001.2", "prepare 1001", "deliver 1002"])
        #expect(listener.socket.fromFiles == 3 * Self.part)
    }

    @Test(
        "while the disk is asked it waits, woken or not; then it goes on at its place",
        arguments: [nil, 4_000] as [Int?]
    )
    func waits(interval: Int?) throws {
        var stream = self.stored()
        self.archive.answersAtOnce = false
        let listener = try self.listener(stream, metadataInterval: interval)
        #expect(listener.socket.taken.readableBytes == 0)
        #expect(self.archive.asked == [interval == nil ? "deliver 1000" : "part 1000.0"])
        // Longer than it may lag: it is the disk that is slow.
        self.publish(&stream, parts: 80)
        #expect(self.archive.asked.count == 1 && listener.channel.isActive)
        while self.archive.answer() { self.loop.run() }
        try self.expect(listener.socket.taken, toBe: stream.audio, interval: interval)
        self.publish(&stream, parts: 3)
        try self.expect(listener.socket.taken, toBe: stream.audio, interval: interval)
    }

    @Test("parts in no file are loaded; a slot that was read and is not in the page cache any more too")
    func loaded() throws {
        let stream = self.stored()
        for slot in stride(from: Int64(1_001), to: 1_010, by: 3) { self.archive.compute(slot) }
        for files in [0, 42 * Self.part] {
            let mixed = try self.listener(stream)
            #expect(mixed.socket.taken == stream.audio)
            #expect(mixed.socket.fromFiles == files)
        }
        self.archive.neverBeReady()
        let evicted = try self.listener(stream)
        #expect(evicted.socket.taken == stream.audio && evicted.socket.fromFiles == 0)
    }

    @Test("titles of the archive are at their places", arguments: [16_000, 1_000])
    func titles(interval: Int) throws {
        let stream = self.stored(titles: true)
        let listener = try self.listener(stream, metadataInterval: interval)
        let reader = try ICYReader(listener.socket.taken, interval: interval)
        #expect(reader.audio == stream.audio)
        let texts = reader.blocks.map(\.text).filter { !$0.isEmpty && $0 != "StreamTitle='';" }
        let expected = (0..<8).map { "StreamTitle='title \($0 * 9)';" }
        #expect(texts == expected)
        for (block, number) in zip(reader.blocks.filter { expected.contains($0.text) }, 0..<8) {
            let start = stream.offsets[number * 9] + (number * 9 % 40) * 384
            #expect((0...interval + 384).contains(block.offset - start))
        }
    }

    @Test("a slow listener in the archive loses nothing and repeats nothing", arguments: 0..<12)
    func slow(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let interval = [nil, 16_000, 1_000][Int(seed % 3)]
        var stream = self.stored()
        self.archive.compute(1_003)
        self.archive.answersAtOnce = seed % 2 == 0
        let listener = try self.listener(stream, window: 0, metadataInterval: interval, largestLag: .seconds(3_600))
        for round in 0..<80 {
            listener.socket.take(Int.random(in: 0...40_000, using: &random))
            if Bool.random(using: &random) { self.archive.answer() }
            self.loop.run()
            if round % 8 == 0 { self.publish(&stream) }
            // A part with its titles, or a slot without.
            #expect(listener.socket.buffered <= (interval == nil ? 6 * Self.part : 16_400 + 16 * 17))
        }
        listener.socket.take(.max)
        self.loop.run()
        while self.archive.answer() { self.loop.run() }
        try self.expect(listener.socket.taken, toBe: stream.audio, interval: interval)
    }

    @Test("a rewound listener takes its burst and then as much as is published, in the archive whole slots at a time")
    func keepsItsDistance() throws {
        var stream = self.stored()
        let listener = try self.listener(stream, burst: .seconds(10))
        #expect(listener.socket.taken.readableBytes == 12 * Self.part)
        var writes = 0
        for published in 1...20 {
            let before = listener.socket.taken.readableBytes
            self.publish(&stream)
            let taken = listener.socket.taken.readableBytes
            #expect((11 + published..<11 + published + 6).contains(taken / Self.part))
            if taken > before { writes += 1 }
        }
        #expect(writes == 4)
        let length = listener.socket.taken.readableBytes
        #expect(listener.socket.taken == stream.audio.getSlice(at: 0, length: length))
    }

    // MARK: What cannot be had

    @Test("what the disk does not give now is silence that lasts as long, and the audio goes on behind it")
    func unreadable() throws {
        let stream = self.stored()
        self.archive.compute(1_004)
        self.archive.makeUnreadable(1_004)
        let listener = try self.listener(stream)
        #expect(listener.channel.isActive)
        #expect(listener.socket.taken.readableBytes == stream.audio.readableBytes)
        let (start, end) = (stream.offsets[24], stream.offsets[30])
        #expect(listener.socket.taken.getSlice(at: 0, length: start) == stream.audio.getSlice(at: 0, length: start))
        #expect(
            listener.socket.taken.getSlice(at: start, length: end - start)
                == ByteBuffer(repeating: 0, count: end - start)
        )
        let rest = stream.audio.readableBytes - end
        #expect(listener.socket.taken.getSlice(at: end, length: rest) == stream.audio.getSlice(at: end, length: rest))
    }

    @Test("a listener whose audio was deleted goes on elsewhere once; when that is gone too it is closed")
    func missing() throws {
        var stream = self.stored()
        let live = try self.listener(stream, at: StreamCursor(slot: 1_010), window: 0)
        self.publish(&stream, parts: 12)
        self.archive.forget(1_010)
        live.socket.take(.max)
        self.loop.run()
        #expect(live.channel.isActive)
        let rewound = try self.listener(stream, window: 1_000)
        for slot in Int64(1_000)..<1_011 { self.archive.forget(slot) }
        rewound.socket.take(.max)
        self.loop.run()
        // What is left begins later than its distance to the live edge would have it: it begins there.
        #expect(rewound.channel.isActive)
        let length = rewound.socket.taken.readableBytes
        let tail = stream.audio.getSlice(at: stream.audio.readableBytes - 6 * Self.part, length: 6 * Self.part)
        #expect(rewound.socket.taken.getSlice(at: length - 6 * Self.part, length: 6 * Self.part) == tail)
    }

    @Test("a part that goes missing while it is loaded moves the listener on, not the process down")
    func missingWhileLoading() throws {
        var stream = self.stored()
        self.archive.answersAtOnce = false
        let listener = try self.listener(stream, metadataInterval: 4_000)
        #expect(self.archive.asked == ["part 1000.0"])
        for slot in Int64(1_000)...1_003 { self.archive.forget(slot) }
        while self.archive.answer() { self.loop.run() }
        #expect(listener.channel.isActive)
        self.publish(&stream, parts: 2)
        let audio = try ICYReader(listener.socket.taken, interval: 4_000).audio
        let start = stream.offsets[24]
        #expect(audio == stream.audio.getSlice(at: start, length: stream.audio.readableBytes - start))
    }

    @Test("a listener that leaves while the disk is asked is not written to, and leaves the fanout")
    func leaves() throws {
        var stream = self.stored()
        self.archive.answersAtOnce = false
        let listeners = try [nil, 4_000].map { try self.listener(stream, metadataInterval: $0) }
        for listener in listeners { listener.channel.close(promise: nil) }
        #expect(self.fanout.count == 0)
        self.archive.answer()
        self.loop.run()
        self.publish(&stream)
        #expect(listeners.allSatisfy { $0.socket.taken.readableBytes == 0 })
        #expect(self.archive.asked.count == 2)
    }

    private func expect(_ taken: ByteBuffer, toBe audio: ByteBuffer, interval: Int?) throws {
        guard let interval else {
            #expect(taken == audio)
            return
        }
        #expect(try ICYReader(taken, interval: interval).audio == audio)
    }
}

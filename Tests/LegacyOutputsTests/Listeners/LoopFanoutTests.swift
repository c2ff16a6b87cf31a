// LoopFanoutTests: a sweep over listeners that come, go, and take their time.

import LegacyOutputs
import NIOCore
import NIOEmbedded
import Segmenter
import Testing

@Suite struct LoopFanoutTests {
    private let loop = EmbeddedEventLoop()
    private let fanout: Fanout

    init() {
        self.fanout = Fanout(group: self.loop)
    }

    private func listeners(_ count: Int, of stream: TestParts) throws -> [Listener] {
        try (0..<count).map { _ in
            let place = stream.store.liveEdge ?? StreamCursor(slot: TestParts.firstSlot)
            return try Listener(at: place, of: stream.store, on: self.fanout, loop: self.loop)
        }
    }

    private func wake() {
        self.fanout.liveEdgeMoved()
        self.loop.run()
    }

    @Test("every listener is woken once for a part")
    func once() throws {
        var stream = TestParts()
        let listeners = try self.listeners(1_000, of: stream)
        stream.publish()
        self.wake()
        #expect(listeners.allSatisfy { $0.socket.taken == stream.audio && $0.socket.flushes == 2 })
    }

    @Test("listeners that leave during a sweep take nobody's turn", arguments: [0, 1, 49, 50, 98, 99])
    func leaving(closer: Int) throws {
        var stream = TestParts()
        let listeners = try self.listeners(100, of: stream)
        // In the midst of its turn, one listener ends itself, its neighbours and more than half of all.
        let leaving = Set(stride(from: 0, to: 100, by: 2)).union([closer, max(0, closer - 1), min(99, closer + 1)])
        listeners[closer].socket.onFlush = {
            for index in leaving { listeners[index].channel.close(promise: nil) }
        }
        stream.publish()
        self.wake()
        for (index, listener) in listeners.enumerated() where !leaving.contains(index) {
            #expect(listener.socket.taken == stream.audio && listener.socket.flushes == 2)
        }
        #expect(self.fanout.count == 100 - leaving.count)
        stream.publish()
        self.wake()
        for (index, listener) in listeners.enumerated() where !leaving.contains(index) {
            #expect(listener.socket.taken == stream.audio)
        }
    }

    @Test("listeners that join during a sweep miss nothing and get nothing twice")
    func joining() throws {
        var stream = TestParts()
        let listeners = try self.listeners(20, of: stream)
        stream.publish()
        let edge = StreamCursor(slot: TestParts.firstSlot)
        let joined = Joined()
        let (store, fanout, loop) = (stream.store, self.fanout, self.loop)
        listeners[3].socket.onFlush = {
            if let listener = try? Listener(at: edge, of: store, on: fanout, loop: loop) {
                joined.listeners.append(listener)
            }
        }
        self.wake()
        #expect(joined.listeners.count == 1)
        stream.publish()
        listeners[3].socket.onFlush = nil
        self.wake()
        #expect((listeners + joined.listeners).allSatisfy { $0.socket.taken == stream.audio })
    }

    @Test("a sweep that takes long leaves the rest to later turns, and nobody is forgotten")
    func slices() throws {
        var stream = TestParts()
        let listeners = try self.listeners(100, of: stream)
        for index in [2, 40] {
            listeners[index].socket.onFlush = {
                let end = NIODeadline.now() + .milliseconds(6)
                while NIODeadline.now() < end {}
            }
        }
        stream.publish()
        self.fanout.liveEdgeMoved()
        let turns = Turns()
        self.loop.assumeIsolated().execute { turns.note(listeners) }
        self.loop.run()
        // Other work ran after the first slice, when those behind it had nothing yet.
        #expect(turns.served == 16)
        #expect(listeners.allSatisfy { $0.socket.taken == stream.audio && $0.socket.flushes == 2 })
    }

    @Test("a part that appears during a slow sweep reaches all, and so does closing")
    func partsDuringASweep() throws {
        var stream = TestParts()
        let listeners = try self.listeners(64, of: stream)
        listeners[0].socket.onFlush = {
            let end = NIODeadline.now() + .milliseconds(5)
            while NIODeadline.now() < end {}
        }
        stream.publish()
        self.fanout.liveEdgeMoved()
        stream.publish()
        self.fanout.liveEdgeMoved()
        self.fanout.liveEdgeMoved()
        self.loop.run()
        #expect(listeners.allSatisfy { $0.socket.taken == stream.audio })
        stream.publish()
        self.fanout.liveEdgeMoved()
        self.fanout.closeAll()
        self.loop.run()
        #expect(self.fanout.count == 0 && listeners.allSatisfy { !$0.channel.isActive })
    }

    @Test("thousands come and go between parts, and those who are there get theirs")
    func churn() throws {
        var random = SeededGenerator(seed: 7)
        var stream = TestParts()
        var present: [(listener: Listener, from: Int)] = []
        for _ in 0..<20 {
            present += try self.listeners(50, of: stream).map { ($0, stream.audio.readableBytes) }
            while present.count > 60 {
                let leaving = present.remove(at: Int.random(in: 0..<present.count, using: &random))
                leaving.listener.channel.close(promise: nil)
            }
            stream.publish()
            self.wake()
            #expect(self.fanout.count == present.count)
            let size = stream.audio.readableBytes
            #expect(present.allSatisfy { $0.listener.socket.taken.readableBytes == size - $0.from })
        }
    }
}

private final class Joined {
    var listeners: [Listener] = []
}

/// How many listeners had been served when other work ran.
private final class Turns {
    private(set) var served = 0

    func note(_ listeners: [Listener]) {
        self.served = listeners.filter { $0.socket.flushes > 1 }.count
    }
}

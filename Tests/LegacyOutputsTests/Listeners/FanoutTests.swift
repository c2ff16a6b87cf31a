// FanoutTests: listeners on many loops.

import Dispatch
import LegacyOutputs
import NIOCore
import NIOEmbedded
import Segmenter
import Testing

@Suite struct FanoutTests {
    @Test("listeners are counted on all loops, woken on their own, and closed together")
    func loops() throws {
        let loops = [EmbeddedEventLoop(), EmbeddedEventLoop()]
        let group = LoopPair(loops: loops)
        let fanout = Fanout(group: group)
        var stream = TestParts()
        let place = StreamCursor(slot: TestParts.firstSlot)
        let listeners = try (0..<5).map { number in
            try Listener(at: place, of: stream.store, on: fanout, loop: loops[number % 2])
        }
        #expect(fanout.count == 5)
        stream.publish()
        fanout.liveEdgeMoved()
        loops[0].run()
        #expect(listeners.map { $0.socket.taken.readableBytes } == [15_360, 0, 15_360, 0, 15_360])
        loops[1].run()
        #expect(listeners.allSatisfy { $0.socket.taken == stream.audio })
        fanout.closeAll()
        loops[0].run()
        loops[1].run()
        #expect(fanout.count == 0)
        #expect(listeners.allSatisfy { !$0.channel.isActive })
    }

    @Test("without listeners nothing is asked of any loop")
    func nobody() {
        let loop = EmbeddedEventLoop()
        let fanout = Fanout(group: loop)
        fanout.liveEdgeMoved()
        fanout.closeAll()
        loop.run()
        #expect(fanout.count == 0)
    }
}

/// Two embedded loops as a group.
private final class LoopPair: EventLoopGroup {
    private let loops: [EmbeddedEventLoop]

    init(loops: [EmbeddedEventLoop]) {
        self.loops = loops
    }

    func next() -> any EventLoop { self.loops[0] }

    func makeIterator() -> EventLoopIterator { EventLoopIterator(self.loops) }

    func shutdownGracefully(queue: DispatchQueue, _ callback: @escaping @Sendable ((any Error)?) -> Void) {
        queue.async { callback(nil) }
    }
}

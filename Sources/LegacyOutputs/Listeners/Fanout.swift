// Fanout: carries the news of a part to the listeners on every loop.

package import NIOCore
internal import Synchronization

/// Carries the news of a new part to every loop: one hop per loop, however many listeners it has.
package final class Fanout: Sendable {
    private let loops: [ObjectIdentifier: NIOLoopBoundBox<LoopFanout>]
    private let listenerCount = Atomic<Int>(0)

    package init(group: any EventLoopGroup) {
        var loops: [ObjectIdentifier: NIOLoopBoundBox<LoopFanout>] = [:]
        for loop in group.makeIterator() {
            loops[ObjectIdentifier(loop)] = .makeBoxSendingValue(LoopFanout(loop: loop), eventLoop: loop)
        }
        self.loops = loops
    }

    /// Listeners on all loops.
    package var count: Int { self.listenerCount.load(ordering: .relaxed) }

    /// Lets every listener take what is new.
    ///
    /// `edge` is the ordinal of the live edge, where it is known: it spares listeners that want nothing yet to ask for it.
    package func liveEdgeMoved(to edge: Int64? = nil) {
        guard self.count > 0 else { return }
        for loop in self.loops.values { loop.eventLoop.execute { loop.value.wake(edge: edge) } }
    }

    /// Closes every listener.
    package func closeAll() {
        for loop in self.loops.values { loop.eventLoop.execute { loop.value.closeAll() } }
    }

    /// Adds a listener to those of its loop; called on it.
    func add(_ listener: ListenerHandler, on loop: any EventLoop) -> LoopFanout {
        guard let fanout = self.loops[ObjectIdentifier(loop)] else {
            preconditionFailure("a listener lives on a loop of the group that the fanout was made for")
        }
        let listeners = fanout.value
        listeners.add(listener)
        self.listenerCount.add(1, ordering: .relaxed)
        return listeners
    }

    /// Removes a listener; called on its loop.
    func remove(_ listener: ListenerHandler, on loop: any EventLoop) {
        guard listener.fanoutIndex != nil, let fanout = self.loops[ObjectIdentifier(loop)] else { return }
        fanout.value.remove(listener)
        self.listenerCount.subtract(1, ordering: .relaxed)
    }
}

// LoopFanout: the listeners of one stream on one event loop.

internal import NIOCore

/// The listeners of one stream on one event loop, woken in slices.
///
/// Confined to its loop. No turn takes more than a few milliseconds: after 4 ms the rest is left to the loop's next turn, so that other
/// work gets in between.
final class LoopFanout {
    private static let slice = TimeAmount.milliseconds(4)
    private static let listenersBetweenLooks = 16

    /// Where a listener with ICY puts a part together with its metadata, before the one write.
    var bytes = ByteBuffer()
    private let loop: any EventLoop
    /// `nil` where a listener left during a sweep.
    private var listeners: [ListenerHandler?] = []
    private var holes = 0
    /// The next listener to wake, `nil` between sweeps.
    private var sweepPlace: Int?
    private var needsAnotherSweep = false
    /// The live edge as it was told last.
    private var edge: Int64?

    init(loop: any EventLoop) {
        self.loop = loop
    }

    var count: Int { self.listeners.count - self.holes }

    func add(_ listener: ListenerHandler) {
        listener.fanoutIndex = self.listeners.count
        self.listeners.append(listener)
    }

    func remove(_ listener: ListenerHandler) {
        guard let index = listener.fanoutIndex else { return }
        listener.fanoutIndex = nil
        self.listeners[index] = nil
        self.holes += 1
        if self.sweepPlace == nil, self.holes * 2 > self.listeners.count { self.compact() }
    }

    /// Lets every listener take what is new.
    func wake(edge: Int64? = nil) {
        self.edge = edge
        guard self.sweepPlace == nil else {
            self.needsAnotherSweep = true
            return
        }
        self.sweepPlace = 0
        self.continueSweep()
    }

    func closeAll() {
        for listener in self.listeners { listener?.close() }
    }

    private func continueSweep() {
        let deadline = NIODeadline.now() + Self.slice
        while let place = self.sweepPlace, place < self.listeners.count {
            self.sweepPlace = place + 1
            self.listeners[place]?.wake(edge: self.edge)
            if (place + 1) % Self.listenersBetweenLooks == 0, NIODeadline.now() >= deadline {
                let bound = NIOLoopBound(self, eventLoop: self.loop)
                self.loop.execute { bound.value.continueSweep() }
                return
            }
        }
        self.sweepPlace = nil
        if self.holes * 2 > self.listeners.count { self.compact() }
        if self.needsAnotherSweep {
            self.needsAnotherSweep = false
            self.wake(edge: self.edge)
        }
    }

    private func compact() {
        self.listeners = self.listeners.filter { $0 != nil }
        self.holes = 0
        for (index, listener) in self.listeners.enumerated() { listener?.fanoutIndex = index }
    }
}

@available(*, unavailable)
extension LoopFanout: Sendable {}

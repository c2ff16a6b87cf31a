// SourceConnectionControl: one source's hold on its connection.

import NIOCore

/// One source's hold on its connection, from any thread; it lets go when the source ends.
final class SourceConnectionControl: SourceControl {
    private let eventLoop: any EventLoop
    private let handler: NIOLoopBoundBox<SourceHandler?>

    /// Made on the connection's event loop.
    init(_ handler: SourceHandler, on eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
        self.handler = NIOLoopBoundBox(handler, eventLoop: eventLoop)
    }

    /// Called on the event loop, when the source has ended.
    func detach() {
        self.handler.value = nil
    }

    func pauseReading() {
        self.perform { $0.pauseReading() }
    }

    func resumeReading() {
        self.perform { $0.resumeReading() }
    }

    func close(reason: String) {
        self.perform { $0.stopSource(reason) }
    }

    private func perform(_ action: @escaping @Sendable (SourceHandler) -> Void) {
        let handler = self.handler
        if self.eventLoop.inEventLoop {
            if let handler = handler.value { action(handler) }
        } else {
            self.eventLoop.execute { if let handler = handler.value { action(handler) } }
        }
    }
}

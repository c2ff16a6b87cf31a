// SourceHandler: the source port's protocol on a channel.

import Logging
package import NIOCore
import Segmenter

/// Runs a `SourceConnectionState` on a channel: it carries bytes, time and the desk's decisions, and decides nothing.
package final class SourceHandler: ChannelDuplexHandler {
    package typealias InboundIn = ByteBuffer
    package typealias OutboundIn = Never
    package typealias OutboundOut = ByteBuffer

    private let desk: any SourceDesk
    private let limits: SourceConnectionLimits
    private var logger: Logger

    private var context: ChannelHandlerContext?
    private var state: SourceConnectionState?
    private var sink: (any SourceSink)?
    private var control: SourceConnectionControl?
    private var timer: (deadline: NIODeadline, task: Scheduled<Void>)?
    private var isProcessing = false
    private var isOver = false
    private var hasHeldRead = false

    init(desk: any SourceDesk, limits: SourceConnectionLimits, logger: Logger) {
        self.desk = desk
        self.limits = limits
        self.logger = logger
    }
}

@available(*, unavailable)
extension SourceHandler: Sendable {}

// MARK: Channel events

extension SourceHandler {
    package func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        let peer = context.remoteAddress?.ipAddress ?? "unknown"
        self.logger[metadataKey: "peer"] = "\(peer)"
        self.state = SourceConnectionState(limits: self.limits, peer: peer, now: context.eventLoop.now)
        self.armTimer(context)
    }

    package func handlerRemoved(context: ChannelHandlerContext) {
        self.connectionEnded(context)
        self.context = nil
    }

    package func channelInactive(context: ChannelHandlerContext) {
        self.connectionEnded(context)
        context.fireChannelInactive()
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.state?.received(Self.unwrapInboundIn(data), at: context.eventLoop.now)
        self.process(context)
    }

    /// The peer's half of the connection is closed: the end of a body that has no other, and our answer still gets out.
    package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .inputClosed? = event as? ChannelEvent {
            self.state?.inputEnded()
            self.process(context)
        }
        context.fireUserInboundEventTriggered(event)
    }

    /// Holds reads back while the desk wants the encoder slowed, and while a peer does not take its answers.
    package func read(context: ChannelHandlerContext) {
        if self.mayRead(context) {
            context.read()
        } else {
            self.hasHeldRead = true
        }
    }

    package func channelWritabilityChanged(context: ChannelHandlerContext) {
        self.process(context)
        context.fireChannelWritabilityChanged()
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.logger.debug("connection failed", metadata: ["error": "\(error)"])
        context.close(promise: nil)
    }
}

// MARK: What the control asks

extension SourceHandler {
    func pauseReading() {
        self.state?.pause()
        if let context = self.context { self.armTimer(context) }
    }

    func resumeReading() {
        guard let context = self.context else { return }
        self.state?.resume(at: context.eventLoop.now)
        self.process(context)
    }

    func stopSource(_ reason: String) {
        guard let context = self.context else { return }
        self.state?.stop(reason, at: context.eventLoop.now)
        self.process(context)
    }
}

// MARK: Actions

extension SourceHandler {
    /// Carries out what there is to do.
    ///
    /// A peer that does not take its answers gets no more of them, unless time is up.
    private func process(_ context: ChannelHandlerContext, isTimeUp: Bool = false) {
        // The desk and the sink may use the control while they are called, and a write may find the connection gone:
        // the loop below sees what came of that.
        guard !self.isProcessing else { return }
        self.isProcessing = true
        while self.isOver || isTimeUp || context.channel.isWritable, let action = self.state?.next() {
            self.perform(action, context)
        }
        self.isProcessing = false
        if self.isOver { self.state = nil }
        self.armTimer(context)
        if self.hasHeldRead, self.mayRead(context) {
            self.hasHeldRead = false
            context.read()
        }
    }

    private func perform(_ action: SourceConnectionAction, _ context: ChannelHandlerContext) {
        switch action {
        case .recognize(let login):
            if let refusal = self.desk.refusal(of: login) {
                self.state?.refused(refusal)
            } else {
                self.state?.recognized()
            }
        case .admit(let request):
            self.admit(request, context)
        case .update(let update):
            let answer = self.desk.update(update)
            self.logger.debug("title", metadata: ["mount": "\(update.mount ?? "by password")", "answer": "\(answer)"])
            self.state?.answered(answer)
        case .respond(let bytes):
            context.writeAndFlush(Self.wrapOutboundOut(bytes), promise: nil)
        case .deliver(let frames):
            self.sink?.receive(frames)
        case .end(let reason):
            self.endSource(reason)
        case .closeOutput:
            context.close(mode: .output, promise: nil)
        case .close:
            context.close(promise: nil)
        case .log(let message):
            self.logger.notice("request refused", metadata: ["reason": "\(message)"])
        }
    }

    private func admit(_ request: SourceRequest, _ context: ChannelHandlerContext) {
        let control = SourceConnectionControl(self, on: context.eventLoop)
        self.control = control
        self.logger[metadataKey: "mount"] = request.mount.map { "\($0)" }
        switch self.desk.admit(request, control: control) {
        case .accepted(let sink, let mount):
            self.sink = sink
            self.logger[metadataKey: "mount"] = "\(mount)"
            self.logger.info("source accepted", metadata: ["agent": "\(request.userAgent ?? "unknown")"])
            self.state?.admitted()
        case .refused(let refusal):
            self.release()
            self.state?.refused(refusal)
        }
    }

    private func endSource(_ reason: SourceEnd) {
        self.logger.info("source ended", metadata: ["reason": "\(reason)"])
        let sink = self.sink
        self.release()
        sink?.end(reason)
    }

    private func release() {
        self.sink = nil
        self.control?.detach()
        self.control = nil
    }

    private func connectionEnded(_ context: ChannelHandlerContext) {
        self.isOver = true
        self.timer?.task.cancel()
        self.timer = nil
        self.state?.inputEnded()
        self.process(context)
    }

    private func mayRead(_ context: ChannelHandlerContext) -> Bool {
        self.state?.isPaused != true && context.channel.isWritable
    }

    /// Sees to it that a timer goes off no later than the deadline; one that goes off early is set again.
    private func armTimer(_ context: ChannelHandlerContext) {
        guard !self.isOver, let deadline = self.state?.deadline else { return }
        if let timer = self.timer {
            if timer.deadline <= deadline { return }
            timer.task.cancel()
        }
        let task = context.eventLoop.assumeIsolated().scheduleTask(deadline: deadline) {
            self.timer = nil
            let isTimeUp = self.state?.timePassed(to: context.eventLoop.now) ?? false
            self.process(context, isTimeUp: isTimeUp)
        }
        self.timer = (deadline, task)
    }
}

// SourceConnectionState: the source port's protocol, bytes and time in, actions out.

import NIOCore
import Segmenter
import Wire

/// The source port's protocol: bytes and time go in, actions come out, and nothing else happens.
///
/// After each input, ask `next` for actions until there is none; `deadline` is when to say that time has passed.
struct SourceConnectionState {
    private let limits: SourceConnectionLimits
    private var phase = SourceConnectionPhase.introduction
    private var actions: [SourceConnectionAction] = []
    private var pending = ByteBuffer()
    private var inputHasEnded = false

    private var introduction: SourceIntroduction
    private var source: SourceBody?
    private var stopReason: String?

    private var now: NIODeadline
    /// When the phase began, or when the last byte of a body came.
    private var quietSince: NIODeadline
    private(set) var isPaused = false

    init(limits: SourceConnectionLimits, peer: String, now: NIODeadline) {
        self.limits = limits
        self.introduction = SourceIntroduction(limits: limits, peer: peer)
        self.now = now
        self.quietSince = now
    }
}

// MARK: Inputs

extension SourceConnectionState {
    mutating func received(_ bytes: ByteBuffer, at now: NIODeadline) {
        self.now = now
        if case .body = self.phase { self.quietSince = now }
        if self.pending.readableBytes == 0 {
            self.pending = bytes
        } else {
            self.pending.writeImmutableBuffer(bytes)
        }
    }

    /// The peer has closed its side, or the connection is gone.
    mutating func inputEnded() {
        self.inputHasEnded = true
    }

    /// Says whether a deadline has passed; if not, nothing has changed.
    mutating func timePassed(to now: NIODeadline) -> Bool {
        self.now = now
        guard let deadline = self.deadline, now >= deadline else { return false }
        switch self.phase {
        case .body(let exchange):
            self.endSource(exchange, .timedOut, status: .requestTimeout, "No audio came for too long.")
        case .introduction where self.pending.readableBytes == 0 && !self.introduction.hasBegun, .draining, .closed:
            self.close()
        case .introduction, .awaitingRecognition, .awaitingAdmission, .awaitingAnswer:
            self.answer(self.introduction.exchange, .requestTimeout, "The request took too long.")
        }
        return true
    }

    /// A SHOUTcast source's password is right: on with its headers.
    mutating func recognized() {
        guard case .awaitingRecognition = self.phase else { return }
        self.actions.append(.respond(SourceReply.passwordAccepted))
        self.enter(.introduction)
    }

    mutating func admitted() {
        guard case .awaitingAdmission(let exchange) = self.phase else { return }
        self.enter(.body(exchange))
        self.source = SourceBody(exchange.framing)
        if let reply = SourceReply.begin(exchange) { self.actions.append(.respond(reply)) }
    }

    mutating func refused(_ refusal: SourceRefusal) {
        switch self.phase {
        case .awaitingRecognition: self.answer(.password, refusal.status, refusal.reason)
        case .awaitingAdmission(let exchange): self.answer(exchange, refusal.status, refusal.reason)
        case .introduction, .awaitingAnswer, .body, .draining, .closed: break
        }
    }

    mutating func answered(_ answer: MetadataAnswer) {
        guard case .awaitingAnswer(let exchange) = self.phase else { return }
        self.finish(
            exchange,
            answer.reply(version: exchange.version, keepAlive: exchange.keepAlive, dialect: exchange.metadata)
        )
    }

    mutating func pause() {
        if case .body = self.phase { self.isPaused = true }
    }

    mutating func resume(at now: NIODeadline) {
        self.now = now
        self.quietSince = now
        self.isPaused = false
    }

    /// The server wants the source gone.
    mutating func stop(_ reason: String, at now: NIODeadline) {
        self.now = now
        self.stopReason = self.stopReason ?? reason
    }

    /// When to call `timePassed`; it may move with every input.
    var deadline: NIODeadline? {
        self.isPaused ? nil : self.phase.allowance(self.limits).map { self.quietSince + $0 }
    }
}

// MARK: Steps

extension SourceConnectionState {
    /// The next thing to do, or `nil` until there is more input.
    mutating func next() -> SourceConnectionAction? {
        while self.actions.isEmpty {
            if let reason = self.stopReason { self.obeyStop(reason) }
            guard self.step() else {
                if self.actions.isEmpty, self.inputHasEnded { self.obeyEnd() }
                break
            }
        }
        return self.actions.isEmpty ? nil : self.actions.removeFirst()
    }

    /// Takes one step; `false` when it needs more input.
    private mutating func step() -> Bool {
        switch self.phase {
        case .introduction: self.readIntroduction()
        case .awaitingRecognition, .awaitingAdmission, .awaitingAnswer: false
        case .body(let exchange): self.readBody(exchange)
        case .draining, .closed: self.forgetInput()
        }
    }

    private mutating func readIntroduction() -> Bool {
        switch self.introduction.next(from: &self.pending) {
        case .needsMore:
            return false
        case .password(let login):
            self.phase = .awaitingRecognition
            self.actions.append(.recognize(login))
        case .source(let source, let exchange):
            self.phase = .awaitingAdmission(exchange)
            self.actions.append(.admit(source))
        case .metadata(.update(let update), let exchange):
            self.phase = .awaitingAnswer(exchange)
            self.actions.append(.update(update))
        case .metadata(.answered(let answer), let exchange):
            self.phase = .awaitingAnswer(exchange)
            self.answered(answer)
        case .formAwaitsContinue:
            self.actions.append(.respond(SourceReply.continue))
        case .capabilities(let exchange):
            self.finish(exchange, SourceReply.done(exchange))
        case .refused(let exchange, let status, let message):
            self.answer(exchange, status, message)
        }
        return true
    }

    private mutating func readBody(_ exchange: SourceExchange) -> Bool {
        guard let step = self.source?.next(from: &self.pending) else { return false }
        if case .needsMore = step { return false }
        self.take(step, exchange)
        return true
    }

    private mutating func take(_ step: SourceBody.Step, _ exchange: SourceExchange) {
        switch step {
        case .needsMore:
            break
        case .frames(let frames):
            self.deliver(frames)
        case .ended(let frames, let end):
            let exchange = end == .finished ? exchange : exchange.closing
            self.deliver(frames)
            self.actions.append(.end(end))
            if exchange.answersAtEnd { self.finish(exchange, SourceReply.done(exchange)) } else { self.close() }
        case .failed(let frames, let end, let status, let reason):
            self.deliver(frames)
            self.endSource(exchange, end, status: status, reason)
        }
    }

    private mutating func deliver(_ frames: [Frame]) {
        if !frames.isEmpty { self.actions.append(.deliver(frames)) }
    }

    private mutating func forgetInput() -> Bool {
        self.pending = ByteBuffer()
        return false
    }
}

// MARK: Endings

extension SourceConnectionState {
    private mutating func obeyStop(_ reason: String) {
        switch self.phase {
        case .body(let exchange): self.endSource(exchange, .stopped(reason: reason), status: .forbidden, reason)
        case .awaitingAdmission, .draining, .closed: break
        case .introduction, .awaitingRecognition, .awaitingAnswer: self.close()
        }
    }

    private mutating func obeyEnd() {
        switch self.phase {
        case .body(let exchange):
            if let step = self.source?.connectionEnded() { self.take(step, exchange) }
        case .awaitingRecognition, .awaitingAdmission, .awaitingAnswer, .closed: break
        case .introduction, .draining: self.close()
        }
    }

    /// The source is over, and not because its body is; the reason is told where the protocol still has room for it.
    private mutating func endSource(_ exchange: SourceExchange, _ end: SourceEnd, status: Status, _ reason: String) {
        self.actions.append(.end(end))
        if exchange.answersAtEnd, let reply = SourceReply.refusal(status, reason, for: exchange.closing) {
            self.actions.append(.respond(reply))
            self.beginDraining()
        } else {
            self.close()
        }
    }

    private mutating func answer(_ exchange: SourceExchange, _ status: Status, _ message: String) {
        self.actions.append(.log(message))
        if let reply = SourceReply.refusal(status, message, for: exchange) {
            self.finish(exchange, reply)
        } else {
            self.close()
        }
    }

    /// Answers a request for good, and waits for the next one if there can be one.
    private mutating func finish(_ exchange: SourceExchange, _ reply: ByteBuffer) {
        self.actions.append(.respond(reply))
        if exchange.keepAlive {
            self.enter(.introduction)
        } else {
            self.beginDraining()
        }
    }

    private mutating func beginDraining() {
        self.enter(.draining)
        self.actions.append(.closeOutput)
    }

    private mutating func close() {
        self.enter(.closed)
        self.actions.append(.close)
    }

    private mutating func enter(_ phase: SourceConnectionPhase) {
        self.phase = phase
        self.quietSince = self.now
        self.isPaused = false
    }
}

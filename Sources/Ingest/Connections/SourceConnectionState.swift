// SourceConnectionState: the source port's protocol, bytes and time in, actions out.

import NIOCore
import Segmenter
import Wire

/// The source port's protocol: bytes and time go in, actions come out, and nothing else happens.
///
/// After each input, ask `next` for actions until there is none; `deadline` is when to say that time has passed.
struct SourceConnectionState {
    private let limits: SourceConnectionLimits
    private let peer: String
    private var phase = SourceConnectionPhase.greeting
    private var actions: [SourceConnectionAction] = []
    private var pending = ByteBuffer()
    private var inputHasEnded = false

    private var parser: RequestParser
    private var form: FormReader?
    private var source: SourceBody?
    private var stopReason: String?

    private var now: NIODeadline
    /// When the phase began, or when the last byte of a body came.
    private var quietSince: NIODeadline
    private(set) var isPaused = false

    init(limits: SourceConnectionLimits, peer: String, now: NIODeadline) {
        self.limits = limits
        self.peer = peer
        self.now = now
        self.quietSince = now
        self.parser = RequestParser(limits: limits.request)
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
        case .greeting where self.pending.readableBytes == 0, .draining, .closed:
            self.close()
        case .greeting, .head, .form, .awaitingAdmission, .awaitingAnswer:
            self.refuse(.requestTimeout, "The request took too long.")
        }
        return true
    }

    mutating func admitted() {
        guard case .awaitingAdmission(let exchange) = self.phase else { return }
        self.enter(.body(exchange))
        self.source = SourceBody(exchange.framing)
        if exchange.expectsContinue {
            self.actions.append(.respond(SourceReply.continue))
        } else if !exchange.answersAtEnd {
            self.actions.append(.respond(SourceReply.begin(exchange.version)))
        }
    }

    mutating func refused(_ refusal: SourceRefusal) {
        guard case .awaitingAdmission(let exchange) = self.phase else { return }
        self.answer(exchange, refusal.status, refusal.reason)
    }

    mutating func answered(_ answer: MetadataAnswer) {
        guard case .awaitingAnswer(let exchange) = self.phase else { return }
        self.finish(exchange, answer.reply(version: exchange.version, keepAlive: exchange.keepAlive))
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
        case .greeting: self.greet()
        case .head: self.readHead()
        case .form(let request, let exchange): self.readForm(request, exchange)
        case .awaitingAdmission, .awaitingAnswer: false
        case .body(let exchange): self.readBody(exchange)
        case .draining, .closed: self.forgetInput()
        }
    }

    private mutating func greet() -> Bool {
        switch ProtocolSniff(self.pending) {
        case .needsMore: return false
        case .http: self.phase = .head
        case .tls: self.refuse(.badRequest, "This port does not speak TLS.")
        case .passwordLine: self.refuse(.badRequest, "This port takes sources by SOURCE or PUT /{mount} HTTP/1.x.")
        }
        return true
    }

    private mutating func readHead() -> Bool {
        do throws(WireError) {
            guard let request = try self.parser.next(from: &self.pending) else { return false }
            try self.route(request)
        } catch {
            self.refuse(error.status, error.message)
        }
        return true
    }

    private mutating func route(_ request: Request) throws(WireError) {
        let exchange = try SourceExchange(request)
        switch SourceRoute(request, peer: self.peer) {
        case .source(let source):
            self.phase = .awaitingAdmission(exchange)
            self.actions.append(.admit(source))
        case .metadata(let metadata):
            self.decide(metadata, exchange)
        case .metadataForm:
            self.form = try FormReader(exchange.framing, limit: self.limits.formBytes)
            self.phase = .form(request, exchange)
            if exchange.expectsContinue { self.actions.append(.respond(SourceReply.continue)) }
        case .capabilities:
            self.finish(exchange, SourceReply.done(exchange))
        case .refused(let status, let message):
            self.answer(exchange, status, message)
        }
    }

    private mutating func readForm(_ request: Request, _ exchange: SourceExchange) -> Bool {
        do throws(WireError) {
            guard let form = try self.form?.next(from: &self.pending) else { return false }
            self.decide(MetadataRequest(request, form: form, peer: self.peer), exchange)
        } catch {
            self.refuse(error.status, error.message)
        }
        return true
    }

    private mutating func decide(_ request: MetadataRequest, _ exchange: SourceExchange) {
        self.phase = .awaitingAnswer(exchange)
        switch request {
        case .update(let update): self.actions.append(.update(update))
        case .answered(let answer): self.answered(answer)
        }
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
        case .greeting, .head, .form, .awaitingAnswer: self.close()
        }
    }

    private mutating func obeyEnd() {
        switch self.phase {
        case .body(let exchange):
            if let step = self.source?.connectionEnded() { self.take(step, exchange) }
        case .awaitingAdmission, .awaitingAnswer, .closed: break
        case .greeting, .head, .form, .draining: self.close()
        }
    }

    /// The source is over, and not because its body is; the reason is told where the protocol still has room for it.
    private mutating func endSource(_ exchange: SourceExchange, _ end: SourceEnd, status: Status, _ reason: String) {
        self.actions.append(.end(end))
        if exchange.answersAtEnd {
            self.actions.append(.respond(SourceReply.text(status, reason, for: exchange.closing)))
            self.beginDraining()
        } else {
            self.close()
        }
    }

    private mutating func answer(_ exchange: SourceExchange, _ status: Status, _ message: String) {
        self.actions.append(.log(message))
        self.finish(exchange, SourceReply.text(status, message, for: exchange))
    }

    /// Answers a request for good, and waits for the next one if there can be one.
    private mutating func finish(_ exchange: SourceExchange, _ reply: ByteBuffer) {
        self.actions.append(.respond(reply))
        if exchange.keepAlive {
            self.enter(.greeting)
        } else {
            self.beginDraining()
        }
    }

    /// Answers what is not a request, and ends the connection.
    private mutating func refuse(_ status: Status, _ message: String) {
        self.actions.append(.log(message))
        self.actions.append(.respond(SourceReply.text(status, message, for: nil)))
        self.beginDraining()
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

// SourceIntroduction: how a peer introduces itself and what it asks for.

import NIOCore
import Wire

/// Reads how a peer introduces itself, in HTTP or in SHOUTcast's way, and what it asks for.
///
/// When it has handed out what a request asks for, it is ready for the next one.
struct SourceIntroduction {
    enum Step {
        case needsMore
        /// A SHOUTcast source has sent its password; its headers are read once that is found right.
        case password(SourceRequest)
        case source(SourceRequest, SourceExchange)
        case metadata(MetadataRequest, SourceExchange)
        /// The sender of a form waits to be told to go on.
        case formAwaitsContinue
        case capabilities(SourceExchange)
        case refused(SourceExchange, Status, String)
    }

    private enum Phase {
        /// Before a head: which protocol is this?
        case greeting
        case head
        /// The body of a `POST` with a title.
        case form(Request, SourceExchange)
        case password
        case shoutcastHeaders
    }

    private let limits: SourceConnectionLimits
    private let peer: String
    private var phase = Phase.greeting
    private var parser: RequestParser
    private var form: FormReader?
    private var shoutcast: ShoutcastHead

    init(limits: SourceConnectionLimits, peer: String) {
        self.limits = limits
        self.peer = peer
        self.parser = RequestParser(limits: limits.request)
        self.shoutcast = ShoutcastHead(limits: limits)
    }

    var hasBegun: Bool {
        if case .greeting = self.phase { false } else { true }
    }

    /// How what has been read so far would be answered.
    var exchange: SourceExchange {
        switch self.phase {
        case .greeting, .head, .form: .unreadable
        case .password: .password
        case .shoutcastHeaders: .shoutcast
        }
    }

    /// Takes the next step off the buffer; after a refusal that is not of a request, the connection is of no use.
    mutating func next(from buffer: inout ByteBuffer) -> Step {
        do throws(WireError) {
            while true {
                if let step = try self.read(&buffer) { return step }
            }
        } catch {
            return .refused(self.exchange, error.status, error.message)
        }
    }

    /// Reads what the phase is about; `nil` when that leads to another phase.
    private mutating func read(_ buffer: inout ByteBuffer) throws(WireError) -> Step? {
        switch self.phase {
        case .greeting: return try self.greet(buffer)
        case .head: return try self.readHead(&buffer)
        case .form(let request, let exchange): return try self.readForm(&buffer, request, exchange)
        case .password:
            guard try self.shoutcast.readPassword(from: &buffer) else { return .needsMore }
            self.phase = .shoutcastHeaders
            return .password(SourceRequest(self.shoutcast, peer: self.peer))
        case .shoutcastHeaders:
            guard try self.shoutcast.readHeaders(from: &buffer) else { return .needsMore }
            return .source(SourceRequest(self.shoutcast, peer: self.peer), .shoutcast)
        }
    }

    private mutating func greet(_ buffer: ByteBuffer) throws(WireError) -> Step? {
        switch ProtocolSniff(buffer) {
        case .needsMore: return .needsMore
        case .http: self.phase = .head
        case .tls: throw WireError(.badRequest, "This port does not speak TLS.")
        case .passwordLine: self.phase = .password
        }
        return nil
    }

    private mutating func readHead(_ buffer: inout ByteBuffer) throws(WireError) -> Step? {
        guard let request = try self.parser.next(from: &buffer) else { return .needsMore }
        let exchange = try SourceExchange(request)
        switch SourceRoute(request, peer: self.peer) {
        case .metadataForm:
            self.form = try FormReader(exchange.framing, limit: self.limits.formBytes)
            self.phase = .form(request, exchange)
            return exchange.expectsContinue ? .formAwaitsContinue : nil
        case .source(let source): return self.handOut(.source(source, exchange))
        case .metadata(let metadata): return self.handOut(.metadata(metadata, exchange))
        case .capabilities: return self.handOut(.capabilities(exchange))
        case .refused(let status, let message): return self.handOut(.refused(exchange, status, message))
        }
    }

    private mutating func readForm(
        _ buffer: inout ByteBuffer,
        _ request: Request,
        _ exchange: SourceExchange
    ) throws(WireError) -> Step? {
        guard let form = try self.form?.next(from: &buffer) else { return .needsMore }
        return self.handOut(.metadata(MetadataRequest(request, form: form, peer: self.peer), exchange))
    }

    private mutating func handOut(_ step: Step) -> Step {
        self.phase = .greeting
        self.form = nil
        return step
    }
}

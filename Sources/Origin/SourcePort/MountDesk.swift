// MountDesk: who may send audio and titles to which stream.

package import Ingest
package import Logging
internal import Segmenter
internal import Wire

/// Who may send audio and titles to which stream: a mount is a stream of the same name.
package struct MountDesk: SourceDesk {
    /// No clock that is right shows an earlier time: this version was written then (2026-11-01T00:00:00Z).
    private static let earliestPlausible = Timestamp(milliseconds: 1_793_491_200_000)

    private let streams: StreamDirectory
    private let time: StationTime
    private let logger: Logger

    package init(streams: StreamDirectory, time: StationTime, logger: Logger) {
        self.streams = streams
        self.time = time
        self.logger = logger
    }

    package func admit(_ request: SourceRequest, control: any SourceControl) -> SourceAdmission {
        switch self.decide(request) {
        case .success(let stream):
            let session = SourceSession(request, control: control, stream: stream, time: self.time)
            session.begin()
            return .accepted(session, mount: stream.name)
        case .failure(let refusal):
            return .refused(self.logged(refusal, of: request))
        }
    }

    package func refusal(of login: SourceRequest) -> SourceRefusal? {
        guard case .failure(let refusal) = self.decide(login) else { return nil }
        return self.logged(refusal, of: login)
    }

    package func update(_ update: MetadataUpdate) -> MetadataAnswer {
        switch self.find(update.mount, update.credentials) {
        case .success(let stream):
            guard stream.feedStatus.source != nil else { return .unknownMount }
            stream.announce(update.text, url: update.url, at: self.time.now)
            return .accepted
        case .failure(let refusal):
            switch refusal.reason {
            case .unauthorized: return .unauthorized
            case .notFound: return .unknownMount
            case .forbidden(let reason), .unavailable(let reason): return .refused(reason: reason)
            }
        }
    }

    private struct Refusal: Error {
        let reason: SourceRefusal
    }

    private func decide(_ request: SourceRequest) -> Result<Stream, Refusal> {
        self.find(request.mount, request.credentials).flatMap { stream in
            guard self.time.now >= Self.earliestPlausible else {
                let reason = "the server's clock is wrong: it shows \(self.time.now.rfc3339)"
                return .failure(Refusal(reason: .unavailable(reason: reason)))
            }
            if let reason = stream.reasonToRefuseSources(at: self.time.now) {
                return .failure(Refusal(reason: .unavailable(reason: "\(stream.name): \(reason)")))
            }
            return .success(stream)
        }
    }

    /// The stream that is asked for, if the credentials are right for it.
    private func find(_ mount: String?, _ credentials: BasicCredentials?) -> Result<Stream, Refusal> {
        guard let mount else { return self.choose(credentials) }
        guard let stream = self.streams[mount] else {
            // An encoder that probes without credentials is asked for them before it learns anything.
            return .failure(Refusal(reason: credentials == nil ? .unauthorized : self.unknown(mount)))
        }
        guard let credentials, credentials.hasPassword(stream.definition.sourcePassword) else {
            return .failure(Refusal(reason: .unauthorized))
        }
        return .success(stream)
    }

    /// The stream that the password chooses, for SHOUTcast, whose sources name none.
    private func choose(_ credentials: BasicCredentials?) -> Result<Stream, Refusal> {
        let root = self.streams.root?.name
        let keys = self.streams.all.map {
            MountKey(mount: $0.name, password: $0.definition.sourcePassword, isRoot: $0.name == root)
        }
        switch MountChoice(credentials?.password ?? "", among: keys) {
        case .mount(let name):
            return self.streams[name].map { .success($0) } ?? .failure(Refusal(reason: self.unknown(name)))
        case .wrongPassword:
            return .failure(Refusal(reason: .unauthorized))
        case .ambiguous(let names):
            let reason = "the password opens \(names.joined(separator: ", ")): say which, as mount:password"
            return .failure(Refusal(reason: .forbidden(reason: reason)))
        }
    }

    private func unknown(_ mount: String) -> SourceRefusal {
        let names = self.streams.names.map { "/\($0)" }.joined(separator: ", ")
        return .notFound(reason: "there is no mount /\(mount); there is \(names.isEmpty ? "none" : names)")
    }

    private func logged(_ refusal: Refusal, of request: SourceRequest) -> SourceRefusal {
        // An encoder's first request comes without a password by design, so it is no news.
        let isProbe = refusal.reason == .unauthorized && request.credentials == nil
        self.logger.log(
            level: isProbe ? .debug : .warning,
            "source refused: \(refusal.reason)",
            metadata: ["peer": "\(request.peer)", "mount": "\(request.mount ?? "by password")"]
        )
        return refusal.reason
    }
}

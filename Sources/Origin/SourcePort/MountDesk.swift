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
            return .accepted(session)
        case .failure(let refusal):
            // An encoder's first request comes without a password by design, so it is no news.
            let isProbe = refusal.reason == .unauthorized && request.credentials == nil
            self.logger.log(
                level: isProbe ? .debug : .warning,
                "source refused: \(refusal.reason)",
                metadata: ["peer": "\(request.peer)", "mount": "\(request.mount)"]
            )
            return .refused(refusal.reason)
        }
    }

    package func update(_ update: MetadataUpdate) -> MetadataAnswer {
        guard let stream = self.streams[update.mount] else { return .unknownMount }
        guard update.credentials.hasPassword(stream.definition.sourcePassword) else { return .unauthorized }
        guard stream.feedStatus.source != nil else { return .unknownMount }
        stream.announce(update.text, url: update.url, at: self.time.now)
        return .accepted
    }

    private struct Refusal: Error {
        let reason: SourceRefusal
    }

    private func decide(_ request: SourceRequest) -> Result<Stream, Refusal> {
        guard let stream = self.streams[request.mount] else {
            // An encoder that probes without credentials is asked for them before it learns anything.
            let refusal = request.credentials == nil ? .unauthorized : self.unknown(request)
            return .failure(Refusal(reason: refusal))
        }
        guard let credentials = request.credentials, credentials.hasPassword(stream.definition.sourcePassword) else {
            return .failure(Refusal(reason: .unauthorized))
        }
        guard self.time.now >= Self.earliestPlausible else {
            return .failure(
                Refusal(reason: .unavailable(reason: "the server's clock is wrong: it shows \(self.time.now.rfc3339)"))
            )
        }
        return .success(stream)
    }

    private func unknown(_ request: SourceRequest) -> SourceRefusal {
        let names = self.streams.names.map { "/\($0)" }.joined(separator: ", ")
        return .notFound(reason: "there is no mount /\(request.mount); there is \(names.isEmpty ? "none" : names)")
    }
}

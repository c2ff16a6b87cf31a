// AdminPort: the admin API's routes.

internal import Archive
internal import FoundationEssentials
internal import HTTPTypes
package import Hummingbird
package import Logging
package import NIOCore
package import Origin
internal import Segmenter

/// The admin API: health, streams, titles.
package struct AdminPort: Sendable {
    /// The most that a request body may be.
    private static let longestBody = 64 * 1_024

    /// So many parts without an answer are no mere hiccup of the disk.
    private static let notablyAhead = 10

    private struct TitleAnswer: Encodable {
        let title: String
        let url: String?

        enum CodingKeys: String, CodingKey {
            case title = "StreamTitle"
            case url = "StreamUrl"
        }
    }

    private struct Readiness: Encodable {
        let ready: Bool
        let reasons: [String]
        /// What an operator should know although listeners are served.
        let warnings: [String]
    }

    private struct Failure: Encodable {
        let message: String
        let errors: [String]
    }

    private let streams: StreamDirectory
    private let time: StationTime

    package init(streams: StreamDirectory, time: StationTime) {
        self.streams = streams
        self.time = time
    }

    /// The application to run; `onRunning` gets the bound channel.
    package func application(
        host: String,
        port: Int,
        group: any EventLoopGroup,
        logger: Logger,
        onRunning: @escaping @Sendable (any Channel) async -> Void
    ) -> some ApplicationProtocol {
        Application(
            router: self.router(),
            configuration: ApplicationConfiguration(address: .hostname(host, port: port), serverName: "StreamMachine"),
            onServerRunning: onRunning,
            eventLoopGroupProvider: .shared(group),
            logger: logger
        )
    }

    /// The routes, for the application and for tests.
    package func router() -> Router<BasicRequestContext> {
        let router = Router()
        router.get("healthz") { _, _ in "ok\n" }
        router.get("readyz") { _, _ in try self.readiness() }
        router.get("api/streams") { _, _ in
            try Self.json(self.streams.all.map { StreamStatus($0) })
        }
        router.get("api/streams/:stream") { _, context in
            guard let stream = try self.stream(context) else { return try self.noSuchStream() }
            return try Self.json(StreamStatus(stream))
        }
        router.post("api/streams/:stream/metadata") { request, context in
            guard let stream = try self.stream(context) else { return try self.noSuchStream() }
            return try await self.setTitle(of: stream, request)
        }
        router.get("api/streams/:stream/rewind") { _, context in
            guard let stream = try self.stream(context) else { return try self.noSuchStream() }
            return RewindRoutes(stream: stream).export()
        }
        router.put("api/streams/:stream/rewind") { request, context in
            guard let stream = try self.stream(context) else { return try self.noSuchStream() }
            return try await self.importRewind(of: stream, request)
        }
        router.delete("api/streams/:stream/rewind") { _, context in
            guard let stream = try self.stream(context) else { return try self.noSuchStream() }
            try await stream.reset().get()
            return try Self.json(StreamStatus(stream))
        }
        return router
    }

    private func importRewind(of stream: Stream, _ request: Request) async throws -> Response {
        do {
            return try Self.json(try await RewindRoutes(stream: stream).takeIn(request.body))
        } catch let error as ArchiveError {
            let failure = Failure(message: "The rewind could not be imported.", errors: [error.message])
            return try Self.json(failure, status: .unprocessableContent)
        } catch let error as DiskError {
            let failure = Failure(message: "The rewind could not be imported.", errors: [error.description])
            return try Self.json(failure, status: HTTPResponse.Status(code: 507))
        }
    }

    private func stream(_ context: BasicRequestContext) throws -> Stream? {
        self.streams[try context.parameters.require("stream")]
    }

    private func noSuchStream() throws -> Response {
        let names = self.streams.names.joined(separator: ", ")
        return try Self.json(
            Failure(message: "Invalid stream.", errors: ["there is no such stream; there is \(names)"]),
            status: .notFound
        )
    }

    private func readiness() throws -> Response {
        let now = self.time.now
        let reasons = self.streams.all.compactMap { stream -> String? in
            if let reason = stream.reasonToRefuseSources(at: now) { return "\(stream.name): \(reason)" }
            guard stream.definition.isMonitored, stream.feedStatus.source == nil else { return nil }
            return "\(stream.name) has no source"
        }
        let warnings = self.clockWarnings + self.storeWarnings
        let readiness = Readiness(ready: reasons.isEmpty, reasons: reasons, warnings: warnings)
        return try Self.json(readiness, status: reasons.isEmpty ? .ok : .serviceUnavailable)
    }

    /// Live listening needs no disk, so one that refuses is no reason to send listeners elsewhere.
    private var storeWarnings: [String] {
        self.streams.all.flatMap { stream -> [String] in
            guard let status = stream.stored?.status else { return [] }
            var warnings: [String] = []
            if let failure = status.warning {
                warnings.append("\(stream.name): store: \(failure); live listening goes on from memory")
            }
            let waiting = stream.feedStatus.aheadOfDisk
            if waiting >= Self.notablyAhead {
                warnings.append("\(stream.name): store: the disk has not answered for \(waiting) parts")
            }
            if status.lostParts > 0 {
                warnings.append("\(stream.name): store: \(status.lostParts) parts were never written and are lost")
            }
            return warnings
        }
    }

    /// The station's clock never follows a wall clock that is set back, and follows others slowly.
    private var clockWarnings: [String] {
        let seconds = self.time.error / 1_000_000
        guard seconds != 0 else { return [] }
        let side = seconds > 0 ? "ahead of" : "behind"
        return ["the wall clock is \(abs(seconds)) s \(side) the station's clock, which is slewed to it at 500 ppm"]
    }

    private func setTitle(of stream: Stream, _ request: Request) async throws -> Response {
        let body = try await request.body.collect(upTo: Self.longestBody)
        let contentType = request.headers[.contentType] ?? ""
        let title: TitleRequest?
        if contentType.hasPrefix("application/x-www-form-urlencoded") {
            title = try? URLEncodedFormDecoder().decode(TitleRequest.self, from: String(buffer: body))
        } else {
            title = try? JSONDecoder().decode(TitleRequest.self, from: Data(body.readableBytesView))
        }
        guard let text = title?.text else {
            let accepted = "send JSON or a form with title (text) and, if there is one, url (text)"
            return try Self.json(
                Failure(message: "The title could not be read.", errors: [accepted]),
                status: .unprocessableContent
            )
        }
        stream.announce(text, url: title?.link, at: self.time.now)
        return try Self.json(TitleAnswer(title: text, url: title?.link))
    }

    private static func json(_ value: some Encodable, status: HTTPResponse.Status = .ok) throws -> Response {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let body = ByteBuffer(bytes: try encoder.encode(value))
        return Response(
            status: status,
            headers: [.contentType: "application/json; charset=utf-8", .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: body)
        )
    }
}

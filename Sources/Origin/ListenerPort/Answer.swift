// Answer: what a request on the listener port gets.

internal import HLS
internal import NIOCore
internal import Segmenter
internal import Wire

/// What a request on the listener port gets, decided without a socket.
enum Answer {
    /// A whole answer whose first lines are those of a `200`: headers with their blank line, and the body, in one run.
    case ok(ByteBuffer)
    /// A whole answer with its own status line; the body follows the headers.
    case status(Status, headers: ByteBuffer, body: [ByteBuffer])
    /// A whole answer whose first lines are those of a `200`: headers and the beginning of the body, then the rest from files.
    case file(ByteBuffer, [StoredRange])
    case problem(Problem)
    /// The connection becomes a listener's.
    case listener(Stream, FramePlace, isTimeAddressed: Bool)
    /// The connection becomes a download's: `range` of the excerpt's bytes, behind these headers.
    case download(Stream, Excerpt, range: Range<Int>, Status, headers: ByteBuffer)
    /// The answer depends on the audio of a slot that has left memory: load it and ask again.
    case needs(Stream, slot: Int64)
    /// What was on air, which the archive gathers.
    case outline(Stream)

    /// Decides; `loaded` are the segments that earlier decisions on the request needed.
    init(_ request: Request, streams: StreamDirectory, now: Timestamp, loaded: [Segment] = []) {
        switch request.method {
        case .get, .head:
            self = Self.resource(request, streams: streams, now: now, loaded: loaded)
        case .options:
            self = .status(.noContent, headers: Self.preflight, body: [])
        default:
            var problem = Problem(.methodNotAllowed, "accepted are GET, HEAD and OPTIONS; encoders use the source port")
            problem.headers = [("Allow", "GET, HEAD, OPTIONS")]
            self = .problem(problem)
        }
    }

    private static func resource(
        _ request: Request,
        streams: StreamDirectory,
        now: Timestamp,
        loaded: [Segment]
    ) -> Answer {
        switch Route(path: request.path, in: streams) {
        case .audio(let stream):
            switch AudioRequest(request.query(plusIsSpace: false), stream: stream, now: now, loaded: loaded) {
            case .begin(let place, let isTimeAddressed):
                return .listener(stream, place, isTimeAddressed: isTimeAddressed)
            case .download(let excerpt):
                return DownloadAnswer.make(request, stream, excerpt)
            case .needs(let slot):
                return .needs(stream, slot: slot)
            case .refuse(let problem):
                return .problem(problem)
            }
        case .archive(let stream):
            return .outline(stream)
        case .playlist(let stream, let container):
            return Self.playlist(request, stream, container, now: now)
        case .multivariant(let stream):
            return Self.playlist(request, stream, kind: .multivariant, now: now)
        case .segment(let stream, let container, let slot, let ending):
            return SegmentAnswer.make(request, stream, container, slot: slot, ending: ending, loaded: loaded)
        case .tuneIn(let stream, let file):
            return Self.tuneIn(request, stream, file)
        case .nothing:
            return .problem(.unknown(streams))
        }
    }

    private static func tuneIn(_ request: Request, _ stream: Stream, _ file: TuneInFile) -> Answer {
        guard let host = request.header("Host"), TuneInFile.isPlausible(host: host) else {
            return .problem(Problem(.badRequest, "a Host header is needed: the file names this server by it"))
        }
        let definition = stream.definition
        let body = file.render(url: "http://\(host)/\(stream.name)", title: definition.title ?? definition.name)
        var head = HeaderBlock()
        head.add("Content-Type", file.contentType)
        head.add("Content-Length", String(body.utf8.count))
        head.add("Cache-Control", "no-cache")
        head.addCORS()
        var answer = head.finished()
        if request.method != .head { answer.writeString(body) }
        return .ok(answer)
    }

    private static func playlist(
        _ request: Request,
        _ stream: Stream,
        _ container: Container?,
        now: Timestamp
    ) -> Answer {
        if let container { return Self.playlist(request, stream, kind: .container(container), now: now) }
        guard let format = stream.feedStatus.format else { return .problem(.noAudioYet(stream.name)) }
        return Self.playlist(request, stream, kind: .stream(.standard(for: format.codec)), now: now)
    }

    private static func playlist(
        _ request: Request,
        _ stream: Stream,
        kind: PlaylistCache.Kind,
        now: Timestamp
    ) -> Answer {
        if let query = request.queryBytes, query.readableBytes > 0, Self.asksForTime(request.query()) {
            return .problem(
                Problem(.notImplemented, "playlists begin at live; /\(stream.name)?timestamp= and ?offset= take a time")
            )
        }
        guard let content = stream.playlists.content(kind) else { return .problem(.noAudioYet(stream.name)) }
        let takesGzip = ContentCoding.isGzipAccepted(by: request)
        let variation = (takesGzip ? content.compressed : nil) ?? content.plain
        let age = Self.cacheAge(stream.store, now: now, choices: variation.heads.count)
        if let known = request.header("If-None-Match"), Self.matches(known, variation.entityTag) {
            return .status(.notModified, headers: variation.heads[age], body: [])
        }
        return .ok(request.method == .head ? variation.heads[age] : variation.answers[age])
    }

    /// Which of a playlist's ages, from a second up, lasts until the next segment is due.
    private static func cacheAge(_ store: SegmentStore, now: Timestamp, choices: Int) -> Int {
        guard let newest = store.lastCompleteSlot else { return 0 }
        let due = store.grid.edge(ofSlot: newest + 2)
        return min(max(Int(due.millisecondsSince(now) / 1_000) - 1, 0), choices - 1)
    }

    private static func asksForTime(_ query: QueryParameters) -> Bool {
        query.contains("timestamp") || query.contains("offset") || query.contains("from") || query.contains("to")
    }

    /// Whether an `If-None-Match` names a tag, or any.
    static func matches(_ header: String, _ tag: String) -> Bool {
        header.split(separator: ",").contains { element in
            let name = element.drop { $0 == " " || $0 == "\t" }
            return name == "*" || name.hasPrefix(tag) || name.hasPrefix("W/" + tag)
        }
    }

    /// The answer to a preflight: what pages send when they ask for titles, ranges, or a session.
    private static let preflight: ByteBuffer = {
        var head = HeaderBlock()
        head.add("Allow", "GET, HEAD, OPTIONS")
        head.add("Access-Control-Allow-Methods", "GET, HEAD, OPTIONS")
        head.add(
            "Access-Control-Allow-Headers",
            "Icy-MetaData, Range, If-Range, If-None-Match, Content-Type, Authorization, CMCD-Request, CMCD-Object,"
                + " CMCD-Session, CMCD-Status, X-Playback-Session-Id"
        )
        head.add("Access-Control-Max-Age", "86400")
        head.addCORS()
        return head.finished()
    }()
}

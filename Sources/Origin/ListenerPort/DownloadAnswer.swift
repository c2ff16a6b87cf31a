// DownloadAnswer: a stretch of audio as a file.

internal import NIOCore
internal import Segmenter
internal import Wire

/// The answer to a request for a stretch of audio: a file with a name, a length, and ranges that can be resumed.
enum DownloadAnswer {
    static func make(_ request: Request, _ stream: Stream, _ excerpt: Excerpt) -> Answer {
        let tag = Self.entityTag(stream, excerpt)
        if let known = request.header("If-None-Match"), Answer.matches(known, tag) {
            return .status(.notModified, headers: Self.headers(stream, excerpt, tag).finished(), body: [])
        }
        let isCurrent = request.header("If-Range").map { $0 == tag } ?? true
        // A range has a meaning for GET alone (RFC 9110 §14.2).
        let asked = isCurrent && request.method == .get ? request.header("Range") : nil
        var headers = Self.headers(stream, excerpt, tag)
        switch ByteRange(asked, length: excerpt.byteCount) {
        case .whole:
            headers.add("Content-Length", String(excerpt.byteCount))
            guard request.method == .get else { return .ok(headers.finished()) }
            return .download(stream, excerpt, range: 0..<excerpt.byteCount, .ok, headers: headers.finished())
        case .part(let range):
            let place = "\(range.lowerBound)-\(range.upperBound - 1)/\(excerpt.byteCount)"
            headers.add("Content-Range", "bytes \(place)")
            headers.add("Content-Length", String(range.count))
            return .download(stream, excerpt, range: range, .partialContent, headers: headers.finished())
        case .unsatisfiable:
            headers.add("Content-Range", "bytes */\(excerpt.byteCount)")
            headers.add("Content-Length", "0")
            return .status(.rangeNotSatisfiable, headers: headers.finished(), body: [])
        }
    }

    /// What names the same frames, and as many octets: damage that is found later changes those.
    private static func entityTag(_ stream: Stream, _ excerpt: Excerpt) -> String {
        let start = excerpt.start.cursor
        let end = excerpt.end
        return "\"\(stream.name)-\(start.slot).\(start.part).\(start.frame)-\(end.slot).\(end.part).\(end.frame)"
            + "-\(excerpt.byteCount)\""
    }

    private static func headers(_ stream: Stream, _ excerpt: Excerpt, _ tag: String) -> HeaderBlock {
        var headers = HeaderBlock()
        let isMP3 = excerpt.format.codec == .mp3
        headers.add("Content-Type", isMP3 ? "audio/mpeg" : "audio/aac")
        let name = "\(stream.name)-\(Self.compact(excerpt.start.time)).\(isMP3 ? "mp3" : "aac")"
        headers.add("Content-Disposition", "attachment; filename=\"\(name)\"")
        headers.add("X-Start-Time", excerpt.start.time.rfc3339)
        headers.add("X-End-Time", excerpt.endTime.rfc3339)
        headers.add("ETag", tag)
        headers.add("Accept-Ranges", "bytes")
        headers.add("Cache-Control", "no-cache")
        headers.addCORS()
        return headers
    }

    /// A moment as file names can have it: `20261005T090000Z`.
    private static func compact(_ moment: Timestamp) -> String {
        let text = moment.rfc3339.filter { $0 != "-" && $0 != ":" }
        return text.prefix { $0 != "." } + "Z"
    }
}

// StreamHead: the head of a raw or ICY answer.

internal import Ingest
internal import NIOCore
internal import Segmenter
internal import Wire

/// The head of a raw or ICY answer: endless, so HTTP/1.0 without length or chunking (hardware radios cannot unchunk).
enum StreamHead {
    /// Renders the head; `interval` is `nil` without ICY metadata, `start` is set when the request named a time.
    static func render(
        _ stream: Stream,
        format: AudioFormat,
        metadataInterval interval: Int?,
        start: Timestamp?,
        date: String
    ) -> ByteBuffer {
        let definition = stream.definition
        let source = stream.feedStatus.source?.description
        var head = ResponseHead(.ok, version: .http10, reserving: 1_024)
        head.add("Date", date)
        head.add("Server", AnswerPreamble.server)
        head.add("Connection", "close")
        head.add("Content-Type", format.codec == .mp3 ? "audio/mpeg" : "audio/aac")
        head.add("Cache-Control", "no-cache, no-store")
        head.add("Expires", "Mon, 26 Jul 1997 05:00:00 GMT")
        head.add("Pragma", "no-cache")
        head.add("Accept-Ranges", "none")
        head.add("X-Content-Type-Options", "nosniff")
        head.add("X-Accel-Buffering", "no")
        head.add("Access-Control-Allow-Origin", "*")
        head.add("Access-Control-Expose-Headers", Self.exposed)
        if let start { head.add("X-Start-Time", start.rfc3339) }
        head.add("icy-name", definition.title ?? source?.name ?? definition.name)
        if let description = source?.description { head.add("icy-description", description) }
        if let genre = source?.genre { head.add("icy-genre", genre) }
        if let url = definition.url ?? source?.url { head.add("icy-url", url) }
        head.add("icy-pub", source?.isPublic == true ? "1" : "0")
        if let bitrate = source?.bitrate { head.add("icy-br", bitrate) }
        if let interval { head.add("icy-metaint", interval) }
        return head.finished()
    }

    private static let exposed =
        "X-Start-Time, icy-name, icy-description, icy-genre, icy-url, icy-pub, icy-br, icy-metaint, Content-Range"
}

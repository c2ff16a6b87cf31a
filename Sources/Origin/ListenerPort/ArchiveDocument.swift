// ArchiveDocument: what of a stream can be played, as JSON.

internal import NIOCore
internal import Segmenter

/// `archive.json`: what of a stream can be played, where there was no audio and why, and what was on.
enum ArchiveDocument {
    /// What is known of streams without an archive: all of it is in memory.
    static func outline(of store: SegmentStore) -> Outline {
        var outline = Outline()
        guard let slots = store.slots else { return outline }
        for slot in slots {
            guard case .found(let segment) = store.segment(slot) else { continue }
            outline.append(segment)
        }
        return outline
    }

    static func render(_ outline: Outline) -> ByteBuffer {
        let shown = outline.withoutSilentStart
        var body = ByteBuffer(string: "{\"ranges\":[")
        for (place, range) in shown.ranges.enumerated() {
            if place > 0 { body.writeString(",") }
            body.writeString("{\"start\":\"\(range.lowerBound.rfc3339)\",\"end\":\"\(range.upperBound.rfc3339)\"}")
        }
        body.writeString("],\"gaps\":[")
        for (place, gap) in shown.gaps.enumerated() {
            if place > 0 { body.writeString(",") }
            body.writeString("{\"start\":\"\(gap.start.rfc3339)\",\"end\":\"\(gap.end.rfc3339)\"")
            body.writeString(",\"reason\":\"\(gap.reason)\"}")
        }
        body.writeString("],\"titles\":[")
        for (place, title) in shown.titles.enumerated() {
            if place > 0 { body.writeString(",") }
            let url = title.url.map { JSONText.quoted($0) } ?? "null"
            body.writeString("{\"time\":\"\(title.time.rfc3339)\",\"title\":\(JSONText.quoted(title.text))")
            body.writeString(",\"url\":\(url)}")
        }
        body.writeString("]}\n")
        return body
    }

    static func headers(length: Int) -> ByteBuffer {
        var headers = HeaderBlock()
        headers.add("Content-Type", "application/json")
        headers.add("Content-Length", String(length))
        headers.add("Cache-Control", "max-age=1")
        headers.addCORS()
        return headers.finished()
    }
}

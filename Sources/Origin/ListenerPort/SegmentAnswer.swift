// SegmentAnswer: a segment, or the part of it that was asked for.

internal import HLS
internal import NIOCore
internal import Segmenter
internal import Wire

/// The answer to a request for a segment: immutable, cacheable, with `Range`.
enum SegmentAnswer {
    /// How long a cache may remember that a segment is not there yet, seconds: short, or it pins the hole.
    private static let missingMaxAge = 1
    private static let expiredMaxAge = 60

    static func make(
        _ request: Request,
        _ stream: Stream,
        _ container: Container,
        slot: Int64,
        ending: Substring
    ) -> Answer {
        if let codec = stream.feedStatus.format?.codec, container.fileExtension(for: codec) != ending {
            return .problem(
                Problem(.notFound, "segments of this stream end in .\(container.fileExtension(for: codec))")
            )
        }
        switch stream.store.segment(slot) {
        case .found(let segment) where segment.isComplete:
            return Self.answer(request, stream, container, segment)
        case .found, .notYet:
            var problem = Problem(.notFound, "this segment is not published; playlists name those that are")
            problem.maxAge = Self.missingMaxAge
            return .problem(problem)
        case .expired:
            var problem = Problem(.notFound, "this segment is not in the rewind window any more")
            problem.maxAge = Self.expiredMaxAge
            return .problem(problem)
        }
    }

    private static func answer(
        _ request: Request,
        _ stream: Stream,
        _ container: Container,
        _ segment: Segment
    ) -> Answer {
        let body = stream.segments.bytes(of: segment, in: container)
        let length = body.reduce(0) { $0 + $1.readableBytes }
        let tag = "\"\(segment.slot)-\(segment.header.firstSample)-\(length)\""
        var head = HeaderBlock()
        head.add("Content-Type", container.contentType(for: segment.header.format.codec))
        head.add("ETag", tag)
        head.add("Cache-Control", "public, max-age=\(Self.remainingLife(of: segment, in: stream)), immutable")
        head.add("Accept-Ranges", "bytes")
        head.addCORS()
        if let known = request.header("If-None-Match"), Answer.matches(known, tag) {
            return .status(.notModified, headers: head.finished(), body: [])
        }
        let isCurrent = request.header("If-Range").map { $0 == tag } ?? true
        // A range has a meaning for GET alone (RFC 9110 §14.2).
        let range = isCurrent && request.method == .get ? request.header("Range") : nil
        switch ByteRange(range, length: length) {
        case .whole:
            head.add("Content-Length", String(length))
            return .ok([head.finished()] + (request.method == .head ? [] : body))
        case .part(let range):
            head.add("Content-Range", "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(length)")
            head.add("Content-Length", String(range.count))
            return .status(.partialContent, headers: head.finished(), body: Self.slice(body, range))
        case .unsatisfiable:
            head.add("Content-Range", "bytes */\(length)")
            head.add("Content-Length", "0")
            return .status(.rangeNotSatisfiable, headers: head.finished(), body: [])
        }
    }

    /// Seconds until the segment leaves the window.
    private static func remainingLife(of segment: Segment, in stream: Stream) -> Int64 {
        let grid = stream.store.grid
        let newest = stream.store.slots?.upperBound ?? segment.slot
        let age = (newest - segment.slot) * grid.segmentMilliseconds / 1_000
        return max(1, Int64(stream.definition.seconds) - age)
    }

    static func slice(_ buffers: [ByteBuffer], _ range: Range<Int>) -> [ByteBuffer] {
        var result: [ByteBuffer] = []
        var offset = 0
        for buffer in buffers {
            let end = offset + buffer.readableBytes
            let wanted = range.clamped(to: offset..<end)
            if !wanted.isEmpty,
                let slice = buffer.getSlice(
                    at: buffer.readerIndex + wanted.lowerBound - offset,
                    length: wanted.count
                )
            {
                result.append(slice)
            }
            offset = end
        }
        return result
    }
}

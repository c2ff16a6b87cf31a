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
        ending: Substring,
        loaded: [Segment]
    ) -> Answer {
        if let codec = stream.feedStatus.format?.codec, container.fileExtension(for: codec) != ending {
            return .problem(
                Problem(.notFound, "segments of this stream end in .\(container.fileExtension(for: codec))")
            )
        }
        switch stream.store.segment(slot) {
        case .found(let segment) where segment.isComplete:
            let life = Self.remainingLife(of: slot, in: stream)
            return Self.answer(request, stream.segments.prepared(segment, in: container, life: life))
        case .archived(let archive):
            if let answer = Self.fromFile(request, stream, container, slot: slot, archive, loaded) { return answer }
            if let known = stream.segments.known(slot, in: container) { return Self.answer(request, known) }
            guard let segment = loaded.first(where: { $0.slot == slot }) else { return .needs(stream, slot: slot) }
            let life = Self.remainingLife(of: slot, in: stream)
            return Self.answer(request, stream.segments.prepared(archived: segment, in: container, life: life))
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

    /// A whole packed segment, sent from its file; `nil` when it cannot be, now or at all.
    private static func fromFile(
        _ request: Request,
        _ stream: Stream,
        _ container: Container,
        slot: Int64,
        _ archive: any SegmentArchive,
        _ loaded: [Segment]
    ) -> Answer? {
        guard container == .packedAudio, request.method == .get, request.header("Range") == nil,
            request.header("If-None-Match") == nil,
            let ranges = StoredSegment.audio(of: slot, in: archive, grid: stream.store.grid)
        else { return nil }
        if let known = stream.segments.stored(slot) { return .file(known.opening, ranges) }
        guard let segment = loaded.first(where: { $0.slot == slot }) else { return .needs(stream, slot: slot) }
        let stored = StoredSegment(segment, life: Self.remainingLife(of: slot, in: stream))
        stream.segments.keep(stored, slot: slot)
        return .file(stored.opening, ranges)
    }

    private static func answer(_ request: Request, _ prepared: PreparedSegment) -> Answer {
        if let known = request.header("If-None-Match"), Answer.matches(known, prepared.entityTag) {
            return .status(.notModified, headers: prepared.bareHead, body: [])
        }
        // A range has a meaning for GET alone (RFC 9110 §14.2).
        guard request.method == .get else { return .ok(prepared.head) }
        let isCurrent = request.header("If-Range").map { $0 == prepared.entityTag } ?? true
        switch ByteRange(isCurrent ? request.header("Range") : nil, length: prepared.body.readableBytes) {
        case .whole:
            return .ok(prepared.answer)
        case .part(let range):
            let body = prepared.body
            let part = body.getSlice(at: body.readerIndex + range.lowerBound, length: range.count) ?? ByteBuffer()
            return .status(.partialContent, headers: prepared.head(range: range), body: [part])
        case .unsatisfiable:
            return .status(.rangeNotSatisfiable, headers: prepared.head(range: nil), body: [])
        }
    }

    /// Seconds until the segment leaves the window, less a minute for the time that the answer is kept here.
    private static func remainingLife(of slot: Int64, in stream: Stream) -> Int64 {
        let grid = stream.store.grid
        let newest = stream.store.slots?.upperBound ?? slot
        let age = (newest - slot) * grid.segmentMilliseconds / 1_000
        return max(1, Int64(stream.definition.seconds) - age - 60)
    }
}

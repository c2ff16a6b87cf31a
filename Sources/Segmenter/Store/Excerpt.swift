// Excerpt: a finite run of frames, as a download sends it.

/// A finite run of frames, as a download sends it: its length is known before its first octet is read.
package struct Excerpt: Hashable, Sendable {
    package enum LookUp: Hashable, Sendable {
        case found(Excerpt)
        /// The length depends on the frames of a slot that has left memory: load it and ask again.
        case needs(slot: Int64)
        case nothing
    }

    /// The first frame.
    package let start: FramePlace
    /// The place behind the last frame.
    package let end: StreamCursor
    /// The media time behind the last frame.
    package let endTime: Timestamp
    package let byteCount: Int
    package let format: AudioFormat
}

extension SegmentStore {
    /// Finds the frames from the first not before one moment to the last before another, silence included.
    ///
    /// `loaded` are segments that an earlier look-up needed.
    package func excerpt(from: Timestamp, to: Timestamp, with loaded: [Segment] = []) -> Excerpt.LookUp {
        guard let start = self.frame(notBefore: from), let edge = self.liveEdge, let edgeTime = self.liveEdgeTime,
            let first = self.summary(ofSlot: start.cursor.slot)
        else { return .nothing }
        let end = self.frame(notBefore: to) ?? FramePlace(cursor: edge, time: edgeTime)
        guard start.cursor < end.cursor else { return .nothing }
        var count = 0
        for slot in start.cursor.slot...end.cursor.slot {
            let isWhole = slot > start.cursor.slot && slot < end.cursor.slot
            if isWhole, let summary = self.summary(ofSlot: slot) {
                count += summary.byteCount
                continue
            }
            let begin = slot == start.cursor.slot ? start.cursor : StreamCursor(slot: slot)
            let stop = slot == end.cursor.slot ? end.cursor : StreamCursor(slot: slot + 1)
            guard begin < stop else { continue }
            if begin == StreamCursor(slot: slot), stop == StreamCursor(slot: slot + 1),
                let summary = self.summary(ofSlot: slot)
            {
                count += summary.byteCount
                continue
            }
            guard let segment = self.segment(slot, among: loaded) else { return .needs(slot: slot) }
            count += segment.byteCount(from: begin, to: stop)
        }
        return .found(
            Excerpt(start: start, end: end.cursor, endTime: end.time, byteCount: count, format: first.header.format)
        )
    }

    func segment(_ slot: Int64, among loaded: [Segment]) -> Segment? {
        if case .found(let segment) = self.segment(slot) { return segment }
        return loaded.first { $0.slot == slot }
    }
}

extension Segment {
    /// Octets between two places, as far as they lie in this segment.
    func byteCount(from: StreamCursor, to: StreamCursor) -> Int {
        self.parts.reduce(0) { sum, part in
            let place = StreamCursor(slot: self.slot, part: part.index)
            guard part.index >= from.part, place < to else { return sum }
            let first = part.index == from.part ? from.frame : 0
            let last = to.slot == self.slot && to.part == part.index ? to.frame : part.frameCount
            return sum + part.byteOffset(ofFrame: last) - part.byteOffset(ofFrame: first)
        }
    }
}

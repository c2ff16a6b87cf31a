// SegmentStore+Places: from a media time to a frame.

extension SegmentStore {
    /// The media time of the oldest frame that came from a source, or of the oldest of all when none did.
    package var oldestTime: Timestamp? {
        guard let slots = self.slots else { return nil }
        for slot in slots {
            if let time = self.summary(ofSlot: slot)?.firstAudibleTime { return time }
        }
        return self.summary(ofSlot: slots.lowerBound)?.header.start
    }

    /// The first frame whose media time is not before `time`.
    ///
    /// Frame times are the segment's start plus samples over rate: inside a segment the frame is number
    /// ceil((T - start) * rate / (1000 * samples per frame)).
    package func frame(notBefore time: Timestamp) -> FramePlace? {
        self.firstFrame(notBefore: time).map { $0.summary.place(ofFrame: $0.frame, in: self.grid) }
    }

    /// The first frame whose media time is not before `time`; in silence, the next frame that came from a source.
    ///
    /// `nothing` when every frame so far is earlier. `loaded` are segments that an earlier look-up needed.
    package func place(notBefore time: Timestamp, with loaded: [Segment] = []) -> PlaceLookUp {
        guard let first = self.firstFrame(notBefore: time) else { return .nothing }
        switch self.audible(from: first, with: loaded) {
        case .nothing: return .found(first.summary.place(ofFrame: first.frame, in: self.grid))
        case let found: return found
        }
    }

    /// The place a live listener starts at: the newest audio, `burst` milliseconds of it at once.
    ///
    /// Before the first audio there is none to give at once: what precedes it is silence that only fills its slots.
    package func livePlace(burst: Int64, with loaded: [Segment] = []) -> PlaceLookUp {
        guard let slots = self.slots, let edge = self.liveEdgeTime, let behind = self.liveEdge else { return .nothing }
        let next = PlaceLookUp.found(FramePlace(cursor: behind, time: edge))
        guard let first = self.firstFrame(notBefore: edge.advanced(byMilliseconds: -burst)) else { return next }
        let found = self.audible(from: first, with: loaded)
        guard case .nothing = found else { return found }
        // Only silence is left: a listener hears it if there was audio before it.
        let hasAudio = slots.contains { self.summary(ofSlot: $0)?.isSilent == false }
        return hasAudio ? .found(first.summary.place(ofFrame: first.frame, in: self.grid)) : next
    }

    /// A frame of a segment, counted from its first.
    private struct Position {
        let summary: SegmentSummary
        let frame: Int
    }

    private func firstFrame(notBefore time: Timestamp) -> Position? {
        guard let slots = self.slots else { return nil }
        // Steering may leave the end of a slot's last frame behind the edge, so the slot before is asked first.
        var slot = max(slots.lowerBound, self.grid.slot(at: time) - 1)
        while slot <= slots.upperBound {
            if let summary = self.summary(ofSlot: slot) {
                let frame = summary.firstFrame(notBefore: time)
                if frame < summary.frameCount { return Position(summary: summary, frame: frame) }
            }
            slot += 1
        }
        return nil
    }

    /// The first frame from a source at or after a position.
    private func audible(from position: Position, with loaded: [Segment]) -> PlaceLookUp {
        guard let last = self.slots?.upperBound else { return .nothing }
        var position = position
        while true {
            let summary = position.summary
            if position.frame <= summary.leadingSilence || !summary.isInterrupted {
                let frame = max(position.frame, summary.leadingSilence)
                if frame < summary.frameCount { return .found(summary.place(ofFrame: frame, in: self.grid)) }
            } else if let segment = self.segment(summary.slot, among: loaded) {
                if let frame = segment.firstAudibleFrame(from: position.frame) {
                    return .found(summary.place(ofFrame: frame, in: self.grid))
                }
            } else {
                return .needs(slot: summary.slot)
            }
            var slot = summary.slot + 1
            while slot <= last, self.summary(ofSlot: slot) == nil { slot += 1 }
            guard slot <= last, let next = self.summary(ofSlot: slot) else { return .nothing }
            position = Position(summary: next, frame: 0)
        }
    }
}

extension Segment {
    /// The first frame at or after `start` that came from a source, counted from the segment's first.
    func firstAudibleFrame(from start: Int) -> Int? {
        var before = 0
        for part in self.parts {
            if start < before + part.frameCount,
                let frame = part.firstAudibleFrame(from: max(0, start - before))
            {
                return before + frame
            }
            before += part.frameCount
        }
        return nil
    }
}

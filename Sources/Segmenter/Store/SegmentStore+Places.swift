// SegmentStore+Places: from a media time to a frame.

extension SegmentStore {
    /// The oldest frame that came from a source, or the oldest of all when none did.
    package var oldestAudible: FramePlace? {
        guard let slots = self.slots else { return nil }
        return self.audible(from: StreamCursor(slot: slots.lowerBound)) ?? self.place(slots.lowerBound, frame: 0)
    }

    /// The first frame whose media time is not before `time`; in silence, the next frame that came from a source.
    ///
    /// `nil` when every frame so far is earlier. Frame times are the segment's start plus samples over rate: inside a segment
    /// the frame is number ceil((T - start) * rate / (1000 * samples per frame)).
    package func place(notBefore time: Timestamp) -> FramePlace? {
        guard let slots = self.slots else { return nil }
        // Steering may leave the end of a slot's last frame behind the edge, so the slot before is asked first.
        var slot = max(slots.lowerBound, self.grid.slot(at: time) - 1)
        while slot <= slots.upperBound {
            if case .found(let segment) = self.segment(slot) {
                let frame = Self.firstFrame(of: segment, notBefore: time)
                if let found = Self.place(in: segment, frame: frame) {
                    return self.audible(from: found.cursor) ?? found
                }
            }
            slot += 1
        }
        return nil
    }

    /// The place a live listener starts at: the newest audio, `burst` milliseconds of it at once.
    ///
    /// Before the first audio there is none to give at once: what precedes it is silence that only fills its slots.
    package func livePlace(burst: Int64) -> FramePlace? {
        guard let slots = self.slots, let edge = self.liveEdgeTime, let behind = self.liveEdge else { return nil }
        let next = FramePlace(cursor: behind, time: edge)
        guard let place = self.place(notBefore: edge.advanced(byMilliseconds: -burst)) else { return next }
        let hasAudio = self.isAudible(place.cursor) || self.audible(from: StreamCursor(slot: slots.lowerBound)) != nil
        return hasAudio ? place : next
    }

    private func isAudible(_ cursor: StreamCursor) -> Bool {
        guard case .found(let part, _, _) = self.part(cursor.slot, cursor.part) else { return false }
        return part.firstAudibleFrame(from: cursor.frame) == cursor.frame
    }

    /// The first frame from a source at or after a place, `nil` when only silence follows.
    private func audible(from start: StreamCursor) -> FramePlace? {
        guard let slots = self.slots else { return nil }
        var slot = start.slot
        while slot <= slots.upperBound {
            if case .found(let segment) = self.segment(slot) {
                for part in segment.parts where slot > start.slot || part.index >= start.part {
                    let from = slot == start.slot && part.index == start.part ? start.frame : 0
                    guard let frame = part.firstAudibleFrame(from: from) else { continue }
                    return Self.place(in: segment, part: part, frame: frame)
                }
            }
            slot += 1
        }
        return nil
    }

    private func place(_ slot: Int64, frame: Int) -> FramePlace? {
        guard case .found(let segment) = self.segment(slot) else { return nil }
        return Self.place(in: segment, frame: frame)
    }

    private static func firstFrame(of segment: Segment, notBefore time: Timestamp) -> Int {
        let late = time.millisecondsSince(segment.header.start)
        guard late > 0 else { return 0 }
        let divisor = 1_000 * Int64(segment.header.format.samplesPerFrame)
        return Int((late * Int64(segment.header.format.sampleRate) + divisor - 1) / divisor)
    }

    private static func place(in segment: Segment, frame: Int) -> FramePlace? {
        var remaining = frame
        for part in segment.parts {
            if remaining < part.frameCount { return Self.place(in: segment, part: part, frame: remaining) }
            remaining -= part.frameCount
        }
        return nil
    }

    private static func place(in segment: Segment, part: Part, frame: Int) -> FramePlace {
        let samples = part.samplesBefore + Int64(frame) * Int64(segment.header.format.samplesPerFrame)
        return FramePlace(
            cursor: StreamCursor(slot: segment.slot, part: part.index, frame: frame),
            time: segment.header.time(afterSamples: samples)
        )
    }
}

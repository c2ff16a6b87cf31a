// SegmentHeader: what is known of a segment when its first part is published.

/// What is known of a segment from the moment its first part is published.
package struct SegmentHeader: Hashable, Sendable {
    package let slot: Int64
    /// The media time of the first frame: EXT-X-PROGRAM-DATE-TIME, in whole ms, the only place where steering shows.
    package let start: Timestamp
    /// The packaged time of the first frame: samples since the epoch, counted from the run's first frame without steering.
    ///
    /// Container timestamps come from this number alone, so that they never skip or repeat a sample inside a run.
    package let firstSample: Int64
    package let format: AudioFormat
    /// Whether EXT-X-DISCONTINUITY stands before this segment.
    package let isDiscontinuous: Bool
    /// The Discontinuity Sequence Number of this segment (RFC 8216 §6.2.1), its own tag included.
    package let discontinuitySequence: Int64

    package init(
        slot: Int64,
        start: Timestamp,
        firstSample: Int64,
        format: AudioFormat,
        isDiscontinuous: Bool,
        discontinuitySequence: Int64
    ) {
        self.slot = slot
        self.start = start
        self.firstSample = firstSample
        self.format = format
        self.isDiscontinuous = isDiscontinuous
        self.discontinuitySequence = discontinuitySequence
    }

    /// The media time of the frame that begins `samples` after the first, rounded down to the millisecond.
    package func time(afterSamples samples: Int64) -> Timestamp {
        self.start.advanced(byMilliseconds: samples * 1_000 / Int64(self.format.sampleRate))
    }

    /// The header of the next segment of the run, when this one has `samples`; no correction is made at the edge.
    package func following(samples: Int64) -> SegmentHeader {
        let microseconds = self.start.milliseconds * 1_000 + samples * 1_000_000 / Int64(self.format.sampleRate)
        return SegmentHeader(
            slot: self.slot + 1,
            start: Timestamp(milliseconds: (microseconds + 500) / 1_000),
            firstSample: self.firstSample + samples,
            format: self.format,
            isDiscontinuous: false,
            discontinuitySequence: self.discontinuitySequence
        )
    }

    /// How many frames begin before a part's edge: the number of the first frame of that part.
    ///
    /// A part begins with the first frame at or after its edge (time-and-hls, rule 9), so where frames lie follows from the
    /// segment's start alone. `part` is 0 up to `partsPerSlot`, which is the next slot's edge.
    package func firstFrame(ofPart part: Int, in grid: SlotGrid) -> Int {
        let late = grid.edge(ofSlot: self.slot, part: part).millisecondsSince(self.start)
        guard late > 0 else { return 0 }
        let divisor = 1_000 * Int64(self.format.samplesPerFrame)
        return Int((late * Int64(self.format.sampleRate) + divisor - 1) / divisor)
    }
}

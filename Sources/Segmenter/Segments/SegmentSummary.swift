// SegmentSummary: what playlists and look-ups need of a segment, without its audio.

/// What playlists and look-ups need of a segment, without its audio: small enough to have one for each of days.
package struct SegmentSummary: Hashable, Sendable {
    package let header: SegmentHeader
    /// Samples per channel.
    package let sampleCount: Int64
    /// Octets of audio.
    package let byteCount: Int
    /// Frames before the first that came from a source; all of them in a silent segment.
    package let leadingSilence: Int
    /// Whether there is silence behind the first frame that came from a source.
    package let isInterrupted: Bool
    package let isComplete: Bool

    package init(
        header: SegmentHeader,
        sampleCount: Int64,
        byteCount: Int,
        leadingSilence: Int,
        isInterrupted: Bool = false,
        isComplete: Bool = true
    ) {
        self.header = header
        self.sampleCount = sampleCount
        self.byteCount = byteCount
        self.leadingSilence = leadingSilence
        self.isInterrupted = isInterrupted
        self.isComplete = isComplete
    }

    package var slot: Int64 { self.header.slot }

    package var frameCount: Int { Int(self.sampleCount / Int64(self.header.format.samplesPerFrame)) }

    /// Whether no frame of it came from a source.
    package var isSilent: Bool { self.leadingSilence >= self.frameCount }

    /// The media time behind the last frame.
    package var end: Timestamp { self.header.time(afterSamples: self.sampleCount) }

    /// The media time of the first frame that came from a source, `nil` in a silent segment.
    package var firstAudibleTime: Timestamp? {
        guard !self.isSilent else { return nil }
        return self.header.time(afterSamples: Int64(self.leadingSilence) * Int64(self.header.format.samplesPerFrame))
    }

    /// The number of the first frame whose media time is not before `time`; the frame count or more when none is.
    package func firstFrame(notBefore time: Timestamp) -> Int {
        let late = time.millisecondsSince(self.header.start)
        guard late > 0 else { return 0 }
        let divisor = 1_000 * Int64(self.header.format.samplesPerFrame)
        return Int((late * Int64(self.header.format.sampleRate) + divisor - 1) / divisor)
    }
}

extension SegmentSummary {
    /// The place of a frame, counted from the segment's first.
    package func place(ofFrame frame: Int, in grid: SlotGrid) -> FramePlace {
        var part = 0
        while part + 1 < grid.partsPerSlot, self.header.firstFrame(ofPart: part + 1, in: grid) <= frame { part += 1 }
        return FramePlace(
            cursor: StreamCursor(
                slot: self.slot,
                part: part,
                frame: frame - self.header.firstFrame(ofPart: part, in: grid)
            ),
            time: self.header.time(afterSamples: Int64(frame) * Int64(self.header.format.samplesPerFrame))
        )
    }
}

extension Segment {
    /// The segment without its audio.
    package var summary: SegmentSummary {
        var leading = 0
        var silent = 0
        var isLeading = true
        for part in self.parts {
            silent += part.silences.reduce(0) { $0 + $1.count }
            guard isLeading else { continue }
            let audible = part.firstAudibleFrame()
            leading += audible ?? part.frameCount
            isLeading = audible == nil
        }
        return SegmentSummary(
            header: self.header,
            sampleCount: self.sampleCount,
            byteCount: self.byteCount,
            leadingSilence: leading,
            isInterrupted: silent > leading,
            isComplete: self.isComplete
        )
    }
}

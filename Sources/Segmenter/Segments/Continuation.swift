// Continuation: where a stored run ends, and so where it goes on.

internal import NIOCore

/// Where a stored run ends: what a timeline needs to go on with it, sample by sample.
package struct Continuation: Sendable {
    /// The segment that the next frame belongs to.
    let header: SegmentHeader
    /// Samples of it that are there already.
    let samples: Int64
    /// The part that the next frame belongs to.
    let nextPart: Int
    let silence: Frame
    let title: Title?

    /// Makes the continuation behind the newest part of a segment; `nil` when it is empty or its format has no silence.
    package init?(after segment: Segment) {
        guard let last = segment.parts.last, let silence = segment.silence else { return nil }
        self.header = segment.isComplete ? segment.header.following(samples: segment.sampleCount) : segment.header
        self.samples = segment.isComplete ? 0 : segment.sampleCount
        self.nextPart = segment.isComplete ? 0 : last.index + 1
        self.silence = silence
        self.title = last.titleChanges.last?.title ?? last.title
    }

    /// The media time of the next frame, microseconds.
    package var position: Int64 {
        self.header.start.milliseconds * 1_000 + self.samples * 1_000_000 / Int64(self.header.format.sampleRate)
    }
}

extension Segment {
    /// A silent frame that fits the segment's frames.
    package var silence: Frame? { self.parts.lazy.compactMap { $0.silence(in: self.header.format) }.first }
}

extension Part {
    /// A silent frame that fits the part's frames.
    package func silence(in format: AudioFormat) -> Frame? {
        guard let length = self.frameLengths.first,
            let bytes = self.bytes.getSlice(at: self.bytes.readerIndex, length: Int(length))
        else { return nil }
        return SilentFrame.matching(Frame(bytes: bytes, format: format))
    }
}

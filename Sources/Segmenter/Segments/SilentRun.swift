// SilentRun: whole slots of silence that are computed, not stored.

internal import NIOCore

/// Whole slots of silence between two stretches of audio, computed from where the first ended.
///
/// While a server is down nothing can be stored, and days of silence are not worth storing afterwards. Every slot follows from
/// the run's first header alone, so it is the same whenever it is asked for (time-and-hls, rule 1).
package struct SilentRun: Sendable {
    /// The header of the first silent slot.
    package let first: SegmentHeader
    package let silence: Frame
    private let grid: SlotGrid
    /// The segment that ends the run, where it is known and goes on in the count of samples.
    private let next: SegmentHeader?
    /// By how many milliseconds the run was steered until then, as a source's audio is that was lost.
    private let steering: Int64

    /// Makes the run that begins with `first`; `silence` is one frame of its format.
    ///
    /// `next` is the segment behind the run. Where the silence stands for audio that was lost, media time has been steered
    /// meanwhile: that is spread over the run, so that times and samples meet at both ends.
    package init(first: SegmentHeader, silence: Frame, grid: SlotGrid, next: SegmentHeader? = nil) {
        self.first = first
        self.silence = silence
        self.grid = grid
        let samples = next.map { $0.firstSample - first.firstSample } ?? 0
        let rate = Int64(first.format.sampleRate)
        let steering =
            next.map { $0.start.millisecondsSince(first.start) - (samples * 1_000 + rate / 2) / rate } ?? 0
        let most = next.map { ($0.slot - first.slot + 1) * (MediaClock.largestCorrection / 1_000 + 1) } ?? 0
        let goesOn =
            samples > 0 && samples % Int64(first.format.samplesPerFrame) == 0 && abs(steering) <= most
            && next?.format == first.format && next?.discontinuitySequence == first.discontinuitySequence
        self.next = goesOn ? next : nil
        self.steering = goesOn ? steering : 0
    }

    /// The header of a slot of the run, or of the segment that ends it.
    package func header(ofSlot slot: Int64) -> SegmentHeader {
        guard slot > self.first.slot else { return self.first }
        let samples = self.samples(beforeSlot: slot)
        let thousandths = samples * 1_000
        let rate = Int64(self.first.format.sampleRate)
        return SegmentHeader(
            slot: slot,
            start: self.first.start.advanced(
                byMilliseconds: (thousandths + rate / 2) / rate + self.shift(atSlot: slot)
            ),
            firstSample: self.first.firstSample + samples,
            format: self.first.format,
            isDiscontinuous: false,
            discontinuitySequence: self.first.discontinuitySequence
        )
    }

    /// A slot of the run without its frames.
    package func summary(ofSlot slot: Int64) -> SegmentSummary {
        let samples = self.samples(beforeSlot: slot + 1) - self.samples(beforeSlot: slot)
        let frames = Int(samples / Int64(self.first.format.samplesPerFrame))
        return SegmentSummary(
            header: self.header(ofSlot: slot),
            sampleCount: samples,
            byteCount: frames * self.silence.bytes.readableBytes,
            leadingSilence: frames,
            isComplete: true
        )
    }

    /// A slot of the run.
    package func segment(_ slot: Int64) -> Segment {
        let header = self.header(ofSlot: slot)
        let frames = self.summary(ofSlot: slot).frameCount
        var segment = Segment(header: header, partCount: self.grid.partsPerSlot)
        for index in 0..<self.grid.partsPerSlot {
            let isLast = index == self.grid.partsPerSlot - 1
            let range =
                header.firstFrame(
                    ofPart: index,
                    in: self.grid
                )..<(isLast
                ? frames : header.firstFrame(ofPart: index + 1, in: self.grid))
            segment.append(Part(silence: self.silence, frames: range, of: header, index: index), isLast: isLast)
        }
        return segment
    }

    private func samples(beforeSlot slot: Int64) -> Int64 {
        if let next = self.next, slot >= next.slot { return next.firstSample - self.first.firstSample }
        let late = self.grid.edge(ofSlot: slot).millisecondsSince(self.first.start) - self.shift(atSlot: slot)
        guard late > 0, slot > self.first.slot else { return 0 }
        let samplesPerFrame = Int64(self.first.format.samplesPerFrame)
        let divisor = 1_000 * samplesPerFrame
        return (late * Int64(self.first.format.sampleRate) + divisor - 1) / divisor * samplesPerFrame
    }
}

extension SilentRun {
    /// What of the steering lies before a slot.
    private func shift(atSlot slot: Int64) -> Int64 {
        guard let next = self.next, self.steering != 0 else { return 0 }
        return self.steering * (min(slot, next.slot) - self.first.slot) / (next.slot - self.first.slot)
    }
}

extension Part {
    /// Makes a part of silence: the frames of a segment from `frames.lowerBound` on, all the same.
    package init(silence: Frame, frames: Range<Int>, of header: SegmentHeader, index: Int, title: Title? = nil) {
        var bytes = ByteBuffer()
        bytes.reserveCapacity(frames.count * silence.bytes.readableBytes)
        for _ in frames { bytes.writeImmutableBuffer(silence.bytes) }
        self.init(
            slot: header.slot,
            index: index,
            samplesBefore: Int64(frames.lowerBound) * Int64(header.format.samplesPerFrame),
            bytes: bytes,
            frameLengths: Array(repeating: UInt16(clamping: silence.bytes.readableBytes), count: frames.count),
            silences: frames.isEmpty ? [] : [0..<frames.count],
            title: title
        )
    }
}

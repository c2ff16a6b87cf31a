// SegmentBuilder: lays frames on the clock's grid, as parts and segments.

import NIOCore

/// Lays one unbroken sequence of frames on the clock's grid and publishes parts as they fill.
///
/// Every slot is full: where no frame comes, silence is laid. The first frame at or after an edge opens the part or slot.
/// Inside a slot the time of a frame is the slot's start plus samples over rate; between slots a correction may be applied,
/// in whole milliseconds of the start. It decides only where frames lie, never when: time comes from the caller.
struct SegmentBuilder {
    /// Frames that a decoder can play through, and how silence sounds between them.
    private struct Run {
        let format: AudioFormat
        let silence: Frame
    }

    private struct OpenSegment {
        let header: SegmentHeader
        var part: PartBuilder
        /// Samples laid since the segment's start.
        var samples: Int64 = 0
    }

    /// Silent slots listed before the very first audio, so that a player starts at once.
    static let slotsBeforeFirstAudio: Int64 = 4

    let grid: SlotGrid
    private var run: Run?
    private var open: OpenSegment?
    /// The bytes of the run's silent parts, by their number of frames: an outage of hours shares them.
    private var silentParts: [Int: ByteBuffer] = [:]
    private var titles = TitleQueue()
    /// Corrections made at slot edges since the last `takeShift`, microseconds.
    private var shift: Int64 = 0

    init(grid: SlotGrid) {
        self.grid = grid
    }

    /// Makes a builder that goes on where a store ends.
    init(grid: SlotGrid, continuing end: Continuation) {
        self.grid = grid
        self.run = Run(format: end.header.format, silence: end.silence)
        let part = PartBuilder(index: end.nextPart, samplesBefore: end.samples)
        self.open = OpenSegment(header: end.header, part: part, samples: end.samples)
        self.titles = TitleQueue(current: end.title)
    }

    /// The format of the run, `nil` before the first.
    var format: AudioFormat? { self.run?.format }

    /// The media time of the next frame in microseconds, `nil` before the first run.
    var position: Int64? {
        guard let open = self.open else { return nil }
        return open.header.start.milliseconds * 1_000 + Self.microseconds(open.samples, at: open.header.format)
    }

    /// The end of the open part: frames are awaited until some time after it.
    var openPartEnd: Timestamp? {
        guard let open = self.open else { return nil }
        return self.grid.edge(ofSlot: open.header.slot, part: open.part.index + 1)
    }

    /// The corrections made at slot edges since the last call, in microseconds.
    mutating func takeShift() -> Int64 {
        defer { self.shift = 0 }
        return self.shift
    }

    /// Makes `title` take effect at the first unpublished frame not before its time.
    mutating func announce(_ title: Title) {
        self.titles.announce(title)
    }

    /// Begins the first run with silence: `leadingSlots` slots of it, then from the slot's edge up to `time`.
    mutating func begin(
        _ format: AudioFormat,
        silence: Frame,
        at time: Timestamp,
        leadingSlots: Int64 = Self.slotsBeforeFirstAudio,
        into output: inout [Publication]
    ) {
        let slot = self.grid.slot(at: time) - leadingSlots
        self.startRun(format, silence: silence, slot: slot, notBefore: self.grid.edge(ofSlot: slot), sequence: slot)
        self.fill(until: time.milliseconds * 1_000, into: &output)
    }

    /// Ends the run with silence up to its slot's edge, and begins another one there, behind a discontinuity.
    mutating func change(to format: AudioFormat, silence: Frame, into output: inout [Publication]) {
        guard let old = self.open?.header else { preconditionFailure("a run is changed only after one has begun") }
        // At an edge nothing is laid in the new slot yet, and the new run may have it.
        let isAtEdge = self.open?.samples == 0
        if !isAtEdge {
            while self.open?.header.slot == old.slot { self.appendSilence(into: &output) }
        }
        let end = Timestamp(milliseconds: ((self.position ?? 0) + 999) / 1_000)
        self.startRun(
            format,
            silence: silence,
            slot: isAtEdge ? old.slot : old.slot + 1,
            notBefore: end,
            sequence: old.discontinuitySequence + 1,
            isDiscontinuous: true
        )
    }

    /// Lays a frame of the run's format at the position; `correction` (microseconds) applies if a slot opens behind it.
    mutating func append(_ frame: Frame, correction: Int64, into output: inout [Publication]) {
        self.append(frame, isSilence: false, correction: correction, into: &output)
    }

    /// Lays as many silent frames as come nearest to filling the time up to `time` (microseconds).
    mutating func fill(until time: Int64, into output: inout [Publication]) {
        guard let run = self.run else { return }
        let half = run.silence.microseconds / 2
        while let position = self.position, position + half < time { self.appendSilence(into: &output) }
    }

    /// Closes the open part with silence.
    mutating func closePart(into output: inout [Publication]) {
        guard let end = self.openPartEnd else { return }
        while self.openPartEnd == end { self.appendSilence(into: &output) }
    }

    /// Closes the open segment with silence, and leaves whole slots of it to be computed: the run goes on at `slot`.
    mutating func skip(toSlot slot: Int64, into output: inout [Publication]) {
        guard let old = self.open?.header, slot > old.slot + 1, let silence = self.run?.silence else { return }
        if self.open?.samples != 0 {
            while self.open?.header.slot == old.slot { self.appendSilence(into: &output) }
        }
        guard let first = self.open?.header, slot > first.slot else { return }
        let header = SilentRun(first: first, silence: silence, grid: self.grid).header(ofSlot: slot)
        self.open = OpenSegment(header: header, part: PartBuilder(index: 0, samplesBefore: 0))
    }

    private mutating func appendSilence(into output: inout [Publication]) {
        guard let silence = self.run?.silence else { return }
        self.append(silence, isSilence: true, correction: 0, into: &output)
    }

    private mutating func append(_ frame: Frame, isSilence: Bool, correction: Int64, into output: inout [Publication]) {
        self.open?.part.append(frame, isSilence: isSilence)
        self.open?.samples += Int64(frame.format.samplesPerFrame)
        guard let open = self.open else { preconditionFailure("frames are laid only in a run") }
        let position = open.header.start.milliseconds * 1_000 + Self.microseconds(open.samples, at: open.header.format)
        if open.part.index + 1 < self.grid.partsPerSlot {
            let edge = self.grid.edge(ofSlot: open.header.slot, part: open.part.index + 1)
            if position >= edge.milliseconds * 1_000 { self.finishPart(into: &output) }
        } else {
            let next = Self.rounded(position + correction)
            if next >= self.grid.edge(ofSlot: open.header.slot + 1) {
                self.finishSegment(next: next, shift: next.milliseconds * 1_000 - position, into: &output)
            }
        }
    }

    private mutating func finishPart(into output: inout [Publication]) {
        guard let open = self.open else { return }
        output.append(self.publication(of: open, completesSegment: false))
        self.open?.part = PartBuilder(index: open.part.index + 1, samplesBefore: open.samples)
    }

    private mutating func finishSegment(next: Timestamp, shift: Int64, into output: inout [Publication]) {
        guard let open = self.open else { return }
        output.append(self.publication(of: open, completesSegment: true))
        self.shift += shift
        let header = SegmentHeader(
            slot: open.header.slot + 1,
            start: next,
            firstSample: open.header.firstSample + open.samples,
            format: open.header.format,
            isDiscontinuous: false,
            discontinuitySequence: open.header.discontinuitySequence
        )
        self.open = OpenSegment(header: header, part: PartBuilder(index: 0, samplesBefore: 0))
    }

    private mutating func publication(of open: OpenSegment, completesSegment: Bool) -> Publication {
        let header = open.header
        let (title, changes) = self.titles.place(
            into: open.part.frames.count,
            from: header.start.milliseconds * 1_000 + Self.microseconds(open.part.samplesBefore, at: header.format),
            format: header.format
        )
        let part = open.part.close(slot: header.slot, title: title, changes: changes, silence: &self.silentParts)
        return Publication(segment: header, part: part, completesSegment: completesSegment)
    }

    private mutating func startRun(
        _ format: AudioFormat,
        silence: Frame,
        slot: Int64,
        notBefore: Timestamp,
        sequence: Int64,
        isDiscontinuous: Bool = false
    ) {
        let start = max(self.grid.edge(ofSlot: slot), notBefore)
        let (seconds, milliseconds) = start.milliseconds.quotientAndRemainder(dividingBy: 1_000)
        let rate = Int64(format.sampleRate)
        let header = SegmentHeader(
            slot: slot,
            start: start,
            firstSample: seconds * rate + milliseconds * rate / 1_000,
            format: format,
            isDiscontinuous: isDiscontinuous,
            discontinuitySequence: sequence
        )
        self.run = Run(format: format, silence: silence)
        self.silentParts.removeAll()
        self.open = OpenSegment(header: header, part: PartBuilder(index: 0, samplesBefore: 0))
    }

    private static func microseconds(_ samples: Int64, at format: AudioFormat) -> Int64 {
        samples * 1_000_000 / Int64(format.sampleRate)
    }

    private static func rounded(_ microseconds: Int64) -> Timestamp {
        Timestamp(milliseconds: (microseconds + 500) / 1_000)
    }
}

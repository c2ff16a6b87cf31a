// FileCatalog: where the segments and parts of one log file lie.

internal import NIOCore
internal import Segmenter

/// Where the segments and parts of one log file lie: about a hundred octets for each segment, and no audio.
///
/// Slots follow each other without a hole. A part that is damaged has no octets in the file.
struct FileCatalog: Sendable {
    /// One segment.
    struct Entry: Hashable, Sendable {
        /// Where its first record begins.
        var offset: Int64
        var firstSample: Int64
        /// Its start after the slot's edge, milliseconds.
        var startDelta: Int32
        /// Samples per channel so far.
        var samples: UInt32
        /// Frames before the first from a source.
        var leadingSilence: UInt16
        var partCount: UInt16
        var flags: Flags
    }

    struct Flags: OptionSet, Hashable, Sendable {
        let rawValue: UInt16
        static let isComplete = Flags(rawValue: 1)
        /// There is silence behind the first frame from a source.
        static let isInterrupted = Flags(rawValue: 2)
        /// Its checksums were found right since the server's start.
        static let isChecked = Flags(rawValue: 4)
    }

    /// One part.
    struct Span: Hashable, Sendable {
        /// Octets in the file, the record's head and description included.
        var total: UInt32
        /// Octets of audio in the file; 0 for a damaged part.
        var stored: UInt32
        /// Octets of audio as served: more than stored where a frame is repeated.
        var served: UInt32

        var isDamaged: Bool { self.stored == 0 }
        /// Whether the audio can be sent as it lies in the file.
        var isPlain: Bool { self.stored == self.served && self.stored > 0 }
    }

    let header: LogHeader
    /// Whether a discontinuity stands before the first segment since what is stored before it belongs to another run.
    var followsOther = false
    private(set) var entries: [Entry] = []
    /// The parts of all entries: `partsPerSlot` for each but the last.
    private(set) var spans: [Span] = []
    /// The file's octets up to the end of the last whole record.
    private(set) var end: Int

    init(header: LogHeader) {
        self.header = header
        self.end = header.length
    }

    /// Restores a catalog from its parts.
    init(header: LogHeader, entries: [Entry], spans: [Span], end: Int) {
        self.header = header
        self.entries = entries
        self.spans = spans
        self.end = end
    }

    var grid: SlotGrid { self.header.grid }
    var firstSlot: Int64 { self.header.firstSlot }
    /// The newest slot that has a part; the one before the first while there is none.
    var lastSlot: Int64 { self.firstSlot + Int64(self.entries.count) - 1 }
    var isEmpty: Bool { self.entries.isEmpty }

    /// Adds the record that begins at `offset`; what lies between the last one and it is damaged.
    mutating func append(_ description: PartDescription, at offset: Int, head: RecordHead) {
        let junk = self.fill(before: description, junk: offset - self.end)
        if description.segment.slot > self.lastSlot {
            self.open(description.segment, at: offset)
        } else if description.index == 0 || self.hasNoGoodPart {
            self.date(description.segment)
        }
        let span = Span(
            total: UInt32(clamping: junk + head.recordLength),
            stored: UInt32(head.audioLength),
            served: UInt32(description.byteCount)
        )
        self.add(span, frames: description.frameCount, silences: description.silences)
        if description.completesSegment { self.entries[self.entries.count - 1].flags.insert(.isComplete) }
        self.end = offset + head.recordLength
    }

    /// Notes that a part's record is damaged: what is served for it is silence.
    mutating func noteDamage(slot: Int64, part: Int) {
        guard let place = self.place(of: slot, part) else { return }
        let frames = self.frames(ofPart: part, slot: slot)
        self.spans[place].stored = 0
        self.spans[place].served = UInt32(clamping: frames.count * self.header.silence.readableBytes)
        let leading = self.leadingSilence(slot)
        self.entries[Int(slot - self.firstSlot)].leadingSilence = UInt16(clamping: leading)
        if frames.upperBound > leading { self.entries[Int(slot - self.firstSlot)].flags.insert(.isInterrupted) }
    }

    /// The silent frames at a slot's beginning, with the damaged parts that adjoin them.
    private func leadingSilence(_ slot: Int64) -> Int {
        var leading = Int(self.entry(slot)?.leadingSilence ?? 0)
        for (part, span) in self.spans(slot).enumerated() {
            let frames = self.frames(ofPart: part, slot: slot)
            if span.isDamaged, frames.lowerBound <= leading { leading = max(leading, frames.upperBound) }
        }
        return leading
    }

    mutating func noteChecked(slot: Int64) {
        guard self.contains(slot) else { return }
        self.entries[Int(slot - self.firstSlot)].flags.insert(.isChecked)
    }

    /// Lets go of room that was kept for more.
    mutating func trim() {
        self.entries = Self.exact(self.entries)
        self.spans = Self.exact(self.spans)
    }

    private static func exact<Element>(_ elements: [Element]) -> [Element] {
        var result: [Element] = []
        result.reserveCapacity(elements.count)
        result.append(contentsOf: elements)
        return result
    }
}

// MARK: Look-ups

extension FileCatalog {
    func contains(_ slot: Int64) -> Bool {
        slot >= self.firstSlot && slot <= self.lastSlot
    }

    func entry(_ slot: Int64) -> Entry? {
        self.contains(slot) ? self.entries[Int(slot - self.firstSlot)] : nil
    }

    func segmentHeader(_ slot: Int64) -> SegmentHeader? {
        self.entry(slot).map { entry in
            SegmentHeader(
                slot: slot,
                start: self.grid.edge(ofSlot: slot).advanced(byMilliseconds: Int64(entry.startDelta)),
                firstSample: entry.firstSample,
                format: self.header.format,
                isDiscontinuous: slot == self.firstSlot && (self.header.isDiscontinuous || self.followsOther),
                discontinuitySequence: self.header.discontinuitySequence
            )
        }
    }

    /// The frames of a slot's part, counted from the segment's first.
    func frames(ofPart part: Int, slot: Int64) -> Range<Int> {
        guard let header = self.segmentHeader(slot), let entry = self.entry(slot) else { return 0..<0 }
        let first = header.firstFrame(ofPart: part, in: self.grid)
        let isLast = part + 1 >= self.grid.partsPerSlot
        let end: Int
        if isLast, entry.flags.contains(.isComplete) {
            end = Int(entry.samples) / Int(self.header.format.samplesPerFrame)
        } else {
            end = header.firstFrame(ofPart: part + 1, in: self.grid)
        }
        return first..<max(first, end)
    }

    /// A slot without its audio.
    ///
    /// One that was never completed counts as if silence had completed it, unless `isOpen`.
    func summary(_ slot: Int64, isOpen: Bool) -> SegmentSummary? {
        guard let header = self.segmentHeader(slot), let entry = self.entry(slot) else { return nil }
        let spans = self.spans(slot)
        var samples = Int64(entry.samples)
        var bytes = spans.reduce(0) { $0 + Int($1.served) }
        var isInterrupted = entry.flags.contains(.isInterrupted)
        var leading = Int(entry.leadingSilence)
        let isComplete = entry.flags.contains(.isComplete)
        if !isComplete, !isOpen {
            let samplesPerFrame = Int64(self.header.format.samplesPerFrame)
            let missing =
                header.firstFrame(ofPart: self.grid.partsPerSlot, in: self.grid) - Int(samples / samplesPerFrame)
            if missing > 0 {
                if Int64(leading) * samplesPerFrame == samples { leading += missing } else { isInterrupted = true }
                samples += Int64(missing) * samplesPerFrame
                bytes += missing * self.header.silence.readableBytes
            }
        }
        return SegmentSummary(
            header: header,
            sampleCount: samples,
            byteCount: bytes,
            leadingSilence: leading,
            isInterrupted: isInterrupted,
            isComplete: isComplete || !isOpen
        )
    }

    /// The parts of a slot that are there.
    func spans(_ slot: Int64) -> ArraySlice<Span> {
        guard let entry = self.entry(slot) else { return [] }
        let first = Int(slot - self.firstSlot) * self.grid.partsPerSlot
        return self.spans[first..<first + Int(entry.partCount)]
    }

    /// Where in the file a part's audio lies, with its span; `nil` for a part that is not there.
    func audio(_ slot: Int64, _ part: Int) -> (offset: Int, span: Span)? {
        guard let entry = self.entry(slot), part >= 0, part < Int(entry.partCount) else { return nil }
        let spans = self.spans(slot)
        let before = spans.prefix(part).reduce(0) { $0 + Int($1.total) }
        let span = spans[spans.startIndex + part]
        return (Int(entry.offset) + before + Int(span.total) - Int(span.stored), span)
    }

    /// The octets of the file that hold a slot's records.
    func octets(of slot: Int64) -> Range<Int> {
        guard let entry = self.entry(slot) else { return 0..<0 }
        let total = self.spans(slot).reduce(0) { $0 + Int($1.total) }
        return Int(entry.offset)..<Int(entry.offset) + total
    }

    private func place(of slot: Int64, _ part: Int) -> Int? {
        guard let entry = self.entry(slot), part >= 0, part < Int(entry.partCount) else { return nil }
        return Int(slot - self.firstSlot) * self.grid.partsPerSlot + part
    }
}

// MARK: Growing

extension FileCatalog {
    /// Whether all parts of the newest segment so far are damaged.
    private var hasNoGoodPart: Bool { self.spans(self.lastSlot).allSatisfy { $0.isDamaged } }

    private mutating func open(_ segment: SegmentHeader, at offset: Int) {
        self.entries.append(
            Entry(
                offset: Int64(offset),
                firstSample: segment.firstSample,
                startDelta: 0,
                samples: 0,
                leadingSilence: 0,
                partCount: 0,
                flags: []
            )
        )
        self.date(segment)
    }

    /// Takes a segment's times from a record of it.
    private mutating func date(_ segment: SegmentHeader) {
        let delta = segment.start.millisecondsSince(self.grid.edge(ofSlot: segment.slot))
        self.entries[self.entries.count - 1].firstSample = segment.firstSample
        self.entries[self.entries.count - 1].startDelta = Int32(clamping: delta)
    }

    private mutating func add(_ span: Span, frames: Int, silences: [Range<Int>]) {
        self.spans.append(span)
        let samplesPerFrame = UInt32(self.header.format.samplesPerFrame)
        var entry = self.entries[self.entries.count - 1]
        let isLeading = entry.samples == UInt32(entry.leadingSilence) &* samplesPerFrame
        let silent = silences.reduce(0) { $0 + $1.count }
        let leading = isLeading && silences.first?.lowerBound == 0 ? silences[0].count : 0
        entry.leadingSilence = UInt16(clamping: Int(entry.leadingSilence) + leading)
        if silent > leading { entry.flags.insert(.isInterrupted) }
        entry.samples &+= UInt32(frames) &* samplesPerFrame
        entry.partCount += 1
        self.entries[self.entries.count - 1] = entry
    }

    /// Puts silence for what is missing before a record: parts of its segment, and whole segments.
    ///
    /// Returns the octets that are left, which belong to no part.
    private mutating func fill(before description: PartDescription, junk: Int) -> Int {
        var junk = max(0, junk)
        while self.lastSlot < description.segment.slot - 1
            || (self.isEmpty && self.firstSlot < description.segment.slot)
        {
            self.finishSegment(next: nil, junk: &junk)
            self.open(self.nextHeader(description.segment), at: self.end)
        }
        if self.lastSlot < description.segment.slot {
            self.finishSegment(next: description.segment, junk: &junk)
            guard description.index > 0 else { return 0 }
            self.open(description.segment, at: self.end)
        }
        while let last = self.entries.last, Int(last.partCount) < description.index {
            self.addDamaged(junk: &junk, frames: nil)
        }
        return junk
    }

    /// The header of the segment behind the last, or of the file's first.
    private func nextHeader(_ later: SegmentHeader) -> SegmentHeader {
        guard let last = self.segmentHeader(self.lastSlot), let entry = self.entries.last else {
            // Counted back in whole frames from what is there, so that the samples go on.
            let (rate, samplesPerFrame) = (Int64(later.format.sampleRate), Int64(later.format.samplesPerFrame))
            let early = later.start.millisecondsSince(self.grid.edge(ofSlot: self.firstSlot))
            let samples = max(0, early * rate / (1_000 * samplesPerFrame)) * samplesPerFrame
            return SegmentHeader(
                slot: self.firstSlot,
                start: later.start.advanced(byMilliseconds: -(samples * 1_000 / rate)),
                firstSample: later.firstSample - samples,
                format: self.header.format,
                isDiscontinuous: self.header.isDiscontinuous,
                discontinuitySequence: self.header.discontinuitySequence
            )
        }
        return last.following(samples: Int64(entry.samples))
    }

    /// Completes the last segment with damaged parts, up to the first sample of `next` where that is known.
    private mutating func finishSegment(next: SegmentHeader?, junk: inout Int) {
        guard let last = self.entries.last, !last.flags.contains(.isComplete) else { return }
        let samplesPerFrame = Int64(self.header.format.samplesPerFrame)
        while Int(self.entries[self.entries.count - 1].partCount) < self.grid.partsPerSlot {
            let isEnd = Int(self.entries[self.entries.count - 1].partCount) == self.grid.partsPerSlot - 1
            let known = self.entries[self.entries.count - 1].samples
            let frames = next.map { Int(($0.firstSample - last.firstSample - Int64(known)) / samplesPerFrame) }
            self.addDamaged(junk: &junk, frames: isEnd ? frames : nil)
        }
        self.entries[self.entries.count - 1].flags.insert(.isComplete)
    }

    private mutating func addDamaged(junk: inout Int, frames known: Int?) {
        let part = Int(self.entries[self.entries.count - 1].partCount)
        let counted = self.frames(ofPart: part, slot: self.lastSlot).count
        let frames = known.flatMap { (0...counted * 2 + 1).contains($0) ? $0 : nil } ?? counted
        let span = Span(
            total: UInt32(clamping: junk),
            stored: 0,
            served: UInt32(clamping: frames * self.header.silence.readableBytes)
        )
        self.add(span, frames: frames, silences: frames > 0 ? [0..<frames] : [])
        self.end += Int(span.total)
        junk -= Int(span.total)
    }
}

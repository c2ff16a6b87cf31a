// Outline: when there was audio, when there was none and why, and which titles there were.

/// When there was audio, when there was none and why, and which titles there were: gathered part by part, in order.
package struct Outline: Hashable, Sendable {
    /// Why there was no audio.
    package enum Reason: UInt8, Sendable, CaseIterable {
        /// No source sent audio.
        case source
        /// What was stored is damaged.
        case damage
        /// The server was not running.
        case server
    }

    /// A time without audio from a source.
    package struct Gap: Hashable, Sendable {
        package let start: Timestamp
        package private(set) var end: Timestamp
        package let reason: Reason

        package init(start: Timestamp, end: Timestamp, reason: Reason) {
            self.start = start
            self.end = end
            self.reason = reason
        }

        /// Whether the gap goes on in another that begins where this one ends, but for a correction at a slot's edge.
        func touches(_ next: Gap) -> Bool {
            next.start.millisecondsSince(self.end) <= Outline.largestCorrection
        }

        mutating func join(_ next: Gap) {
            self.end = max(self.end, next.end)
        }
    }

    /// Milliseconds that two stretches of audio may be apart without anything being missing.
    package static let largestCorrection = MediaClock.largestCorrection / 1_000 + 1

    /// The media time of the first frame, `nil` before it.
    package private(set) var start: Timestamp?
    /// The media time behind the last frame.
    package private(set) var end: Timestamp?
    package private(set) var gaps: [Gap] = []
    /// Each title at the moment it began; the first may have begun earlier.
    package private(set) var titles: [Title] = []

    package init() {}

    /// Restores an outline from what it consisted of.
    package init(start: Timestamp?, end: Timestamp?, gaps: [Gap], titles: [Title]) {
        self.start = start
        self.end = end
        self.gaps = gaps
        self.titles = titles
    }

    /// Adds a part; `reason` says why there is silence in it.
    package mutating func append(_ part: Part, of header: SegmentHeader, reason: Reason = .source) {
        let samplesPerFrame = Int64(header.format.samplesPerFrame)
        func time(_ frame: Int) -> Timestamp {
            header.time(afterSamples: part.samplesBefore + Int64(frame) * samplesPerFrame)
        }
        self.cover(time(0), time(part.frameCount))
        for silence in part.silences {
            self.add(Gap(start: time(silence.lowerBound), end: time(silence.upperBound), reason: reason))
        }
        if let title = part.title { self.add(title) }
        for change in part.titleChanges { self.add(change.title) }
    }

    /// Adds all parts of a segment.
    package mutating func append(_ segment: Segment, reason: Reason = .source) {
        for part in segment.parts { self.append(part, of: segment.header, reason: reason) }
    }

    /// Adds a time without audio.
    package mutating func append(_ gap: Gap) {
        self.cover(gap.start, gap.end)
        self.add(gap)
    }

    /// Adds what came later.
    package mutating func append(_ later: Outline) {
        if let start = later.start, let end = later.end { self.cover(start, end) }
        for gap in later.gaps { self.add(gap) }
        for title in later.titles { self.add(title) }
    }

    /// The outline with gaps that became known later.
    package func with(_ more: [Gap]) -> Outline {
        guard !more.isEmpty else { return self }
        var outline = self
        outline.gaps = []
        for gap in (self.gaps + more).sorted(by: { $0.start < $1.start }) { outline.add(gap) }
        return outline
    }

    /// What of it lies between two moments; the title in force at the first stays.
    package func clipped(from start: Timestamp, to end: Timestamp) -> Outline {
        let first = max(start, self.start ?? start)
        let last = min(end, self.end ?? end)
        let inForce = self.titles.last { $0.time <= first }
        return Outline(
            start: self.start.map { _ in first },
            end: self.end.map { _ in last },
            gaps: self.gaps.filter { $0.end > first && $0.start < last }.map {
                Gap(start: max($0.start, first), end: min($0.end, last), reason: $0.reason)
            },
            titles: (inForce.map { [$0] } ?? []) + self.titles.filter { $0.time > first && $0.time < last }
        )
    }

    /// The outline without silence that precedes the first audio: nothing was missed there.
    package var withoutSilentStart: Outline {
        var outline = self
        while let first = outline.gaps.first, let start = outline.start, first.start <= start {
            outline.gaps.removeFirst()
            outline.start = max(start, first.end)
        }
        return outline
    }

    /// The stretches of audio between the gaps.
    package var ranges: [Range<Timestamp>] {
        guard var place = self.start, let end = self.end else { return [] }
        var ranges: [Range<Timestamp>] = []
        for gap in self.gaps {
            if gap.start > place { ranges.append(place..<gap.start) }
            place = max(place, gap.end)
        }
        if end > place { ranges.append(place..<end) }
        return ranges
    }

    private mutating func cover(_ start: Timestamp, _ end: Timestamp) {
        if self.start == nil { self.start = start }
        self.end = max(self.end ?? end, end)
    }

    private mutating func add(_ gap: Gap) {
        guard let last = self.gaps.last, last.touches(gap) else { return self.gaps.append(gap) }
        if last.reason == gap.reason {
            self.gaps[self.gaps.count - 1].join(gap)
        } else if gap.end > last.end {
            self.gaps.append(Gap(start: last.end, end: gap.end, reason: gap.reason))
        }
    }

    private mutating func add(_ title: Title) {
        guard self.titles.last?.time != title.time else { return }
        self.titles.append(title)
    }
}

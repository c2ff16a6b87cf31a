// Timeline: a source's frames, dated by the station's clock and laid on the grid.

internal import DequeModule

/// A source's frames, dated by the station's clock and laid on the grid as parts and segments.
///
/// It joins three decisions: when a delivery's frames began (`Backlog`), how media time follows the station's clock
/// (`MediaClock`), and where frames lie (`SegmentBuilder`). Every input carries the station's time in microseconds; the
/// answer is what became public. Nothing published is ever changed, and no source means silence, never a hole.
package struct Timeline: Sendable {
    private enum Phase {
        /// No source, or one that fell behind: the next frames are dated anew.
        case waiting
        case collecting(Backlog)
        case running
    }

    /// A part is closed with silence this long after its end.
    package static let latenessLimit: Int64 = 3_000_000
    /// Reading pauses when the source is this far ahead of the clock, and resumes at half of it.
    package static let largestLead: Int64 = 500_000
    private static let resumingLead: Int64 = 250_000
    /// The most audio that is dated back before the first frame's arrival at a cold start.
    private static let longestBacklog: Int64 = 10_000_000
    /// An outage of the server up to this is laid as silence throughout.
    private static let longestLaidOutage: Int64 = 18_000_000
    /// The most parts closed in one call: after a leap of the clock the rest waits for the next.
    private static let mostPartsAtOnce = 64

    private var builder: SegmentBuilder
    private var clock = MediaClock()
    private var phase = Phase.waiting
    private var mend = ReservoirMend()
    /// Frames of a source that is ahead of the clock.
    private var ahead: Deque<Frame> = []
    /// Audio still to be left out because another format's silence took its place, microseconds.
    private var skip: Int64 = 0
    /// The last format found acceptable.
    private var acceptedFormat: AudioFormat?

    /// Whether the source's connection should not be read for now: it is ahead of the clock.
    package private(set) var wantsPause = false
    /// Frames that came after their part was closed, or before the end of what was already there.
    package private(set) var droppedFrames = 0
    /// Times that media time had to step over more than a second.
    package private(set) var steps = 0
    /// Why the source cannot be heard on this stream, once that is known.
    package private(set) var refusal: String?

    /// Makes a timeline that begins with its first source, or goes on where a store ends.
    package init(grid: SlotGrid, continuing end: Continuation? = nil) {
        self.builder = end.map { SegmentBuilder(grid: grid, continuing: $0) } ?? SegmentBuilder(grid: grid)
        // Another codec stays refused, and another rate is a change.
        self.acceptedFormat = end?.header.format
    }

    package var grid: SlotGrid { self.builder.grid }

    /// The format on air, `nil` before the first audio.
    package var format: AudioFormat? { self.builder.format }

    /// The media time of the next frame in microseconds, `nil` before the first audio.
    package var position: Int64? { self.builder.position }

    /// By how much media time runs late against the station's clock, microseconds.
    package var clockError: Int64 { self.clock.error }

    /// Makes `title` take effect at the first unpublished frame not before its time.
    package mutating func announce(_ title: Title) {
        self.builder.announce(title)
    }

    /// Notes that another source's frames follow: they are dated anew.
    package mutating func beginSource() {
        self.phase = .waiting
        self.droppedFrames += self.ahead.count
        self.ahead.removeAll()
        self.wantsPause = false
        self.refusal = nil
    }

    /// Notes that the server is up again at `now`, before any frame.
    ///
    /// What it was away for becomes silence. Of a long outage only the end is laid, as many slots as before a very first
    /// audio: what lies between is computed when it is asked for (time-and-hls, rule 1).
    package mutating func resume(at now: Int64) -> [Publication] {
        var output: [Publication] = []
        guard let position = self.position, now - position > Self.longestLaidOutage else { return output }
        let slot = self.grid.slot(at: Timestamp(milliseconds: now / 1_000))
        self.builder.skip(toSlot: slot - SegmentBuilder.slotsBeforeFirstAudio, into: &output)
        return output
    }

    /// Takes frames that arrived at `now`.
    package mutating func receive(_ frames: [Frame], at now: Int64) -> [Publication] {
        var output: [Publication] = []
        guard !frames.isEmpty, self.accepts(frames) else { return output }
        switch self.phase {
        case .waiting:
            self.collect(frames, into: Backlog(at: now), at: now, output: &output)
        case .collecting(let backlog):
            self.collect(frames, into: backlog, at: now, output: &output)
        case .running:
            self.ahead.append(contentsOf: frames)
            self.layDueFrames(at: now, into: &output)
            self.observeDelay(at: now, into: &output)
        }
        return output
    }

    /// Lets time pass: dates a backlog, lays frames that are due, closes parts that waited too long.
    package mutating func advance(to now: Int64) -> [Publication] {
        var output: [Publication] = []
        switch self.phase {
        case .collecting(let backlog):
            self.collect([], into: backlog, at: now, output: &output)
        case .running:
            self.layDueFrames(at: now, into: &output)
            self.closeLateParts(at: now, into: &output)
        case .waiting:
            self.closeLateParts(at: now, into: &output)
        }
        return output
    }

    private mutating func accepts(_ frames: [Frame]) -> Bool {
        guard self.refusal == nil else { return false }
        for frame in frames where frame.format != self.acceptedFormat {
            self.refusal = self.reasonToRefuse(frame)
            guard self.refusal == nil else { return false }
            self.acceptedFormat = frame.format
        }
        return true
    }

    private func reasonToRefuse(_ frame: Frame) -> String? {
        let codec = frame.format.codec
        if let current = self.format, current.codec != codec {
            return "this stream's audio is \(current.codec.title), the source sends \(codec.title): players lose audio"
                + " when the codec changes, so send \(current.codec.title) or use another stream"
        }
        guard frame.microseconds <= self.grid.partMilliseconds * 1_000 else {
            return "a frame of \(frame.microseconds / 1_000) ms is longer than a part, which is"
                + " \(self.grid.partMilliseconds) ms: send a higher sample rate, or raise hls.part_duration"
        }
        guard SilentFrame.matching(frame) == nil else { return nil }
        return "\(codec.title) with \(frame.format.channels) channels and profile \(frame.format.profile) cannot be"
            + " streamed: send MP3 or AAC-LC, mono or stereo"
    }

    // MARK: The backlog

    private mutating func collect(
        _ frames: [Frame],
        into collected: Backlog,
        at now: Int64,
        output: inout [Publication]
    ) {
        var backlog = collected
        self.phase = .waiting
        backlog.append(frames, at: now)
        switch backlog.outcome(at: now) {
        case .collecting:
            self.phase = .collecting(backlog)
        case .settled:
            self.settle(backlog, from: backlog.firstFrameTime, keeping: Self.longestBacklog, at: now, into: &output)
        case .flooded:
            // A file pushed at full speed: date its beginning back as a backlog would be, and pace the rest.
            let start = self.position ?? now - Self.longestBacklog
            self.settle(backlog, from: start, keeping: .max, at: now, into: &output)
        }
    }

    private mutating func settle(
        _ backlog: Backlog,
        from firstFrameTime: Int64,
        keeping longest: Int64,
        at now: Int64,
        into output: inout [Publication]
    ) {
        self.phase = .running
        self.clock = MediaClock()
        self.mend = ReservoirMend()
        self.skip = 0
        let earliest = self.position ?? (longest == .max ? firstFrameTime : now - longest)
        var time = firstFrameTime
        var kept = backlog.frames[...]
        while let frame = kept.first, time + frame.microseconds / 2 < earliest {
            time += frame.microseconds
            kept.removeFirst()
            self.droppedFrames += 1
        }
        if let first = kept.first { self.enter(first, at: time, into: &output) }
        _ = self.builder.takeShift()
        self.ahead.append(contentsOf: kept)
        self.layDueFrames(at: now, into: &output)
    }

    /// Lays silence up to the moment at which a source's first frame begins.
    private mutating func enter(_ frame: Frame, at time: Int64, into output: inout [Publication]) {
        if self.format != nil {
            self.builder.fill(until: time, into: &output)
        } else if let silence = SilentFrame.matching(frame) {
            self.builder.begin(
                frame.format,
                silence: silence,
                at: Timestamp(milliseconds: time / 1_000),
                into: &output
            )
        }
    }

    // MARK: Frames on the clock

    private mutating func layDueFrames(at now: Int64, into output: inout [Publication]) {
        while let frame = self.ahead.first, let position = self.position, position - now <= Self.largestLead {
            self.ahead.removeFirst()
            self.lay(frame, at: position, into: &output)
        }
        if self.ahead.isEmpty {
            if let position = self.position, position - now <= Self.resumingLead { self.wantsPause = false }
        } else {
            self.wantsPause = true
            self.clock.forget()
        }
    }

    private mutating func lay(_ frame: Frame, at position: Int64, into output: inout [Publication]) {
        if frame.format != self.format, let silence = SilentFrame.matching(frame) {
            self.builder.change(to: frame.format, silence: silence, into: &output)
            self.mend = ReservoirMend()
            // The old format's silence took the new one's place up to the edge: as much audio is left out.
            self.skip = max(0, (self.position ?? position) - position)
        }
        if self.skip >= frame.microseconds {
            self.skip -= frame.microseconds
            self.droppedFrames += 1
            return
        }
        self.builder.append(self.mend.mend(frame), correction: self.correction, into: &output)
        self.clock.shift(by: self.builder.takeShift())
    }

    private var correction: Int64 {
        self.wantsPause ? 0 : self.clock.correction
    }

    private mutating func observeDelay(at now: Int64, into output: inout [Publication]) {
        guard !self.wantsPause, self.ahead.isEmpty, let position = self.position else { return }
        self.clock.observe(delay: now - position, at: now)
        guard let step = self.clock.step(at: now) else { return }
        self.steps += 1
        self.builder.fill(until: position + step, into: &output)
        self.mend = ReservoirMend()
        self.clock.shift(by: (self.position ?? position) - position)
    }

    private mutating func closeLateParts(at now: Int64, into output: inout [Publication]) {
        for _ in 0..<Self.mostPartsAtOnce {
            guard let end = self.builder.openPartEnd, end.milliseconds * 1_000 + Self.latenessLimit <= now else {
                return
            }
            self.builder.closePart(into: &output)
            if case .running = self.phase { self.phase = .waiting }
        }
    }
}

extension AudioFormat.Codec {
    /// The codec's name as people write it.
    package var title: String {
        switch self {
        case .mp3: "MP3"
        case .aac: "AAC"
        }
    }
}

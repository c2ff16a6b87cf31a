// DatedAudio: stored audio that comes with its times, laid on the grid.

package import NIOCore

/// Audio that comes in dated pieces, as a dump of another server holds it, laid on the grid as parts and segments.
///
/// Frames follow each other by count. The pieces' times steer them, as a source's clock does: small differences are
/// worked off at slot edges, a hole is filled with silence, and what overlaps the audio before it is left out. The
/// first slot begins with silence up to the first frame, and `finish` closes the last one with it: every slot is full.
///
/// Memory holds one piece and an hour of publications: after each `append`, call `fillOn` while `isFilling`.
package struct DatedAudio: Sendable {
    /// The times that audio can have: 1970 to 9999, so that no arithmetic overflows.
    package static let times = Timestamp(milliseconds: 0)...Timestamp(milliseconds: 253_402_300_799_999)
    /// The most silence that holes get in all, microseconds: pieces with a wrong date must not cost years of it.
    package static let mostSilence: Int64 = 31 * 86_400 * 1_000_000
    /// A piece that begins no further than this from where it is due follows without a hole.
    static let tolerance: Int64 = 50_000
    /// The time over which dates are averaged.
    private static let memory: Int64 = 16_000_000
    /// The most by which a title may begin later than its piece, milliseconds.
    private static let latestTitle: Int64 = 3_600_000
    /// The most of a hole that one call fills.
    static let longestFill: Int64 = 3_600 * 1_000_000

    private var source: DatedFrames
    private var builder: SegmentBuilder
    private var mend = ReservoirMend()
    /// A silent frame of the run.
    private var silence: Frame?
    /// Frames that are about to be laid, behind a hole if there is one.
    private var waiting: [Frame] = []
    /// When the next frame to be laid began, by the dates, microseconds.
    private var dated: Int64 = 0
    /// By how much the audio lies too early, as far as no slot edge has corrected it yet.
    private var error: Int64 = 0
    /// The date that was last taken into `error`.
    private var observed: Int64 = 0
    /// Whether frames are left out because others have their time already.
    private var isSkipping = false
    /// Up to where a hole is still to be filled.
    private var holeEnd: Int64?
    /// Silence in holes so far.
    private var filled: Int64 = 0
    private var title: Title?
    /// A title that begins with a frame yet to be laid.
    private var nextTitle: Title?
    /// Kept beyond a throw, so that no part is lost.
    private var output: [Publication] = []
    private var failure: DatedAudioError?

    /// Frames left out because they overlapped others.
    package private(set) var droppedFrames = 0

    package init(grid: SlotGrid) {
        self.source = DatedFrames(grid: grid)
        self.builder = SegmentBuilder(grid: grid)
    }

    package var grid: SlotGrid { self.builder.grid }

    /// The media time of the next frame in microseconds, `nil` before the first audio.
    package var position: Int64? { self.builder.position }

    /// Whether a long hole has been filled in part only: `fillOn` goes on.
    package var isFilling: Bool { self.holeEnd != nil }

    /// Lays one piece, whose first byte is dated `time`; `title` begins with it, or up to an hour later by its time.
    ///
    /// Pieces come in the order of their times. A frame may begin in one piece and end in the next. When it throws,
    /// every further call throws the same error; what was laid before it comes with `finish`.
    package mutating func append(
        _ bytes: ByteBuffer,
        at time: Timestamp,
        title: Title?
    ) throws(DatedAudioError) -> [Publication] {
        if let failure = self.failure { throw failure }
        do throws(DatedAudioError) {
            while self.isFilling { self.layWaiting() }
            guard Self.times.contains(time) else { throw .impossibleTime(time) }
            if let title {
                let latest = time.advanced(byMilliseconds: Self.latestTitle)
                self.nextTitle = title.beginning(min(max(title.time, time), latest))
            }
            let cut = self.source.cut(bytes, at: time, position: self.position)
            if let first = cut.frames.first {
                self.dated = cut.begin
                try self.enter(first, at: time)
                self.waiting = cut.frames
                self.layWaiting()
            }
            if let failure = cut.failure { throw failure }
        } catch {
            self.failure = error
            throw error
        }
        return self.takeOutput()
    }

    /// Goes on filling a long hole, by an hour at most.
    package mutating func fillOn() -> [Publication] {
        self.layWaiting()
        return self.takeOutput()
    }

    /// Ends the audio and closes the open slot with silence.
    package mutating func finish() -> [Publication] {
        while self.isFilling { self.layWaiting() }
        if self.failure == nil, let position = self.position {
            self.waiting = self.source.finish(at: Timestamp(milliseconds: position / 1_000))
            self.dated = position + self.error
            self.layWaiting()
        }
        if let format = self.builder.format, let silence = self.silence {
            // A change fills the slot up to its edge, unless it stands there; the run behind it stays unpublished.
            self.builder.change(to: format, silence: silence, into: &self.output)
        }
        return self.takeOutput()
    }

    private mutating func takeOutput() -> [Publication] {
        var output: [Publication] = []
        swap(&output, &self.output)
        return output
    }

    // MARK: Where a piece begins

    /// Compares when the first frame of a piece began with where the audio has got to.
    private mutating func enter(_ frame: Frame, at time: Timestamp) throws(DatedAudioError) {
        guard let position = self.position else { return self.begin(with: frame) }
        let late = self.dated - position
        // Silence comes in whole frames: behind it, audio may lie up to half of one off.
        guard abs(late) > max(Self.tolerance, frame.microseconds) else {
            self.observe(late)
            return
        }
        guard late > 0 else {
            self.isSkipping = true
            return
        }
        guard late <= Self.mostSilence - self.filled else { throw .tooMuchSilence(before: time) }
        self.filled += late
        // Another format enters inside the hole, where the way to its slot's edge costs no audio.
        self.change(to: frame)
        self.isSkipping = !self.isDue()
        self.holeEnd = self.isSkipping ? nil : self.dated
    }

    /// Takes one date into the error, which is the mean of some: dates may jitter, and no single one moves audio.
    private mutating func observe(_ late: Int64) {
        let elapsed = min(max(self.dated - self.observed, 0), Self.memory)
        self.error += (late - self.error) * elapsed / Self.memory
        self.observed = self.dated
    }

    private mutating func begin(with frame: Frame) {
        guard let silence = SilentFrame.matching(frame) else { return }
        self.silence = silence
        self.builder.begin(
            frame.format,
            silence: silence,
            at: Timestamp(milliseconds: max(0, self.dated) / 1_000),
            leadingSlots: 0,
            into: &self.output
        )
        self.join()
    }

    // MARK: Frames on the grid

    private mutating func layWaiting() {
        if let end = self.holeEnd {
            let limit = (self.position ?? end) + Self.longestFill
            self.builder.fill(until: min(end, limit), into: &self.output)
            guard end <= limit else { return }
            self.holeEnd = nil
            self.join()
        }
        for frame in self.waiting { self.lay(frame) }
        self.waiting.removeAll()
        // A title of audio that was left out is not anyone's.
        if self.isSkipping { self.nextTitle = nil }
    }

    private mutating func lay(_ frame: Frame) {
        defer { self.dated += frame.microseconds }
        if self.isSkipping, !self.isDue(within: frame.microseconds / 2) {
            self.droppedFrames += 1
            return
        }
        if frame.format != self.builder.format {
            self.change(to: frame)
            // The old format's silence took the new one's place up to the edge: as much audio is left out.
            self.isSkipping = true
            guard self.isDue(within: frame.microseconds / 2) else {
                self.droppedFrames += 1
                return
            }
        }
        if self.isSkipping {
            self.isSkipping = false
            self.join()
        }
        self.announceTitle()
        let correction = min(max(self.error, -MediaClock.largestCorrection), MediaClock.largestCorrection)
        self.builder.append(self.mend.mend(frame), correction: correction, into: &self.output)
        self.error -= self.builder.takeShift()
    }

    /// Whether the audio has got to the next frame, or to no more than `tolerance` behind its beginning.
    private func isDue(within tolerance: Int64 = 0) -> Bool {
        self.dated + tolerance >= self.position ?? self.dated
    }

    /// Begins another run if the frame does not belong to the present one.
    private mutating func change(to frame: Frame) {
        guard frame.format != self.builder.format, let silence = SilentFrame.matching(frame) else { return }
        self.silence = silence
        self.builder.change(to: frame.format, silence: silence, into: &self.output)
    }

    /// Notes that the next frame does not go on from what lies before it.
    private mutating func join() {
        self.mend = ReservoirMend()
        _ = self.builder.takeShift()
        self.error = self.dated - (self.position ?? self.dated)
        self.observed = self.dated
    }

    /// Announces the title that begins with the frame about to be laid, or soon after it.
    private mutating func announceTitle() {
        guard let next = self.nextTitle, let position = self.position else { return }
        self.nextTitle = nil
        // What was never said need not be unsaid: no title yet is as good as an empty one.
        guard next.text != self.title?.text ?? "" || next.url != self.title?.url else { return }
        self.title = next
        let begin = max(position, position + next.time.milliseconds * 1_000 - self.dated)
        self.builder.announce(next.beginning(Timestamp(milliseconds: begin / 1_000)))
    }
}

extension Title {
    /// The same title from another time on.
    fileprivate func beginning(_ time: Timestamp) -> Title {
        Title(time: time, text: self.text, url: self.url)
    }
}

// TitleQueue: titles that wait for the frame they begin at.

/// Titles that wait for the frame they begin at, and the one in force.
///
/// A title binds to the first unpublished frame not before its time, so what is published never changes.
struct TitleQueue {
    private var current: Title?
    private var waiting: [Title] = []
    /// More titles than this in one part are noise; only the newest are kept.
    private static let mostWaiting = 64

    /// Makes a queue; `current` is the title in force.
    init(current: Title? = nil) {
        self.current = current
    }

    mutating func announce(_ title: Title) {
        let place = self.waiting.firstIndex { $0.time > title.time } ?? self.waiting.count
        self.waiting.insert(title, at: place)
        if self.waiting.count > Self.mostWaiting { self.waiting.removeFirst() }
    }

    /// Binds the titles that begin in a part of `frameCount` frames whose first has media time `start` (microseconds).
    mutating func place(
        into frameCount: Int,
        from start: Int64,
        format: AudioFormat
    ) -> (title: Title?, changes: [Part.TitleChange]) {
        guard !self.waiting.isEmpty else { return (self.current, []) }
        let rate = Int64(format.sampleRate)
        let samplesPerFrame = Int64(format.samplesPerFrame)
        var first = self.current
        var changes: [Part.TitleChange] = []
        let end = start + Int64(frameCount) * samplesPerFrame * 1_000_000 / rate
        // A title may be announced for years ahead: only what can begin here is counted in samples.
        while let next = self.waiting.first, next.time.milliseconds <= end / 1_000 {
            let late = max(0, max(next.time.milliseconds, start / 1_000) * 1_000 - start)
            let divisor = samplesPerFrame * 1_000_000
            let frame = Int((late * rate + divisor - 1) / divisor)
            guard frame < frameCount else { break }
            self.waiting.removeFirst()
            let bound = start + Int64(frame) * samplesPerFrame * 1_000_000 / rate
            let title = Title(time: Timestamp(milliseconds: bound / 1_000), text: next.text, url: next.url)
            self.current = title
            if frame == 0 {
                first = title
            } else if changes.last?.frame == frame {
                changes[changes.count - 1] = Part.TitleChange(frame: frame, title: title)
            } else {
                changes.append(Part.TitleChange(frame: frame, title: title))
            }
        }
        return (first, changes)
    }
}

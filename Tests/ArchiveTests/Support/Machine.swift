// Machine: a machine's clocks and its station, for weeks of simulated time.

import Segmenter

/// A machine: its clocks, its station, its server, which is stopped and started, and one encoder with its own clock.
struct Machine {
    /// Nanoseconds of the clock that never steps; true time, but for the machine's own drift of 20 ppm.
    var monotonic: Int64 = 77_000_000_000_000
    /// Wall clock minus true time, microseconds: NTP steps and a leap second move it.
    var wallError: Int64 = 0
    /// True UTC in microseconds.
    var utc: Int64
    var clock: StationClock
    var timeline: Timeline
    let grid: SlotGrid
    /// By how much the encoder's clock is fast, parts per million.
    var drift = 0.0
    private let frame: Frame
    private var owed = 0.0

    init(grid: SlotGrid, at utc: Int64) {
        self.grid = grid
        self.utc = utc
        self.clock = StationClock(at: .init(monotonicNanoseconds: self.monotonic, wallMicroseconds: utc))
        self.timeline = Timeline(grid: grid)
        // Half a second of AAC in each frame: a week is a million of them.
        self.frame = TestAudio.aac(rate: 8_000, blocks: 4).frame(0)
    }

    var reading: StationClock.Reading {
        .init(monotonicNanoseconds: self.monotonic, wallMicroseconds: self.utc + self.wallError)
    }

    /// Lets true time pass; the answer is the station's time.
    mutating func tick(_ seconds: Double, hasSource: Bool) -> Int64 {
        self.utc += Int64(seconds * 1_000_000)
        self.monotonic += Int64(seconds * 1_000_020_000)
        return self.clock.microseconds(at: self.reading, hasSources: hasSource)
    }

    /// The frames that the encoder has made in some seconds.
    mutating func frames(in seconds: Double) -> [Frame] {
        self.owed += seconds * (1 + self.drift / 1_000_000) * 1_000_000 / Double(self.frame.length)
        let count = Int(self.owed)
        self.owed -= Double(count)
        return Array(repeating: self.frame, count: count)
    }

    /// Starts the server anew, on what is stored, after an outage.
    mutating func restart(behind newest: Segment, after seconds: Double) -> [Publication] {
        self.utc += Int64(seconds * 1_000_000)
        self.monotonic += Int64(seconds * 1_000_020_000)
        self.clock = StationClock(at: self.reading, notBefore: newest.summary.end)
        self.timeline = Timeline(grid: self.grid, continuing: Continuation(after: newest))
        return self.timeline.resume(at: self.clock.microseconds(at: self.reading, hasSources: false))
    }
}

// Broadcast: what a station published, made by the timeline that makes it in production.

import NIOCore
import Segmenter
import Testing

/// A timeline under a clock that the test moves, and all that it published.
struct Broadcast {
    private(set) var timeline: Timeline
    /// The station's time in microseconds.
    var now: Int64
    var published: [Publication] = []
    private var next = 0
    private var make: (Int) -> Frame

    /// 2026-09-21T14:13:20Z.
    static let start: Int64 = 1_790_000_000_000_000

    /// A station with parts of a second of a few frames: small files.
    static func small(at start: Int64 = Self.start) throws -> Broadcast {
        Broadcast(.aac(rate: 8_000), grid: try #require(Self.smallGrid), at: start)
    }

    static let smallGrid = SlotGrid(segmentMilliseconds: 2_000, partMilliseconds: 1_000)

    init(_ audio: TestAudio = .aac(), grid: SlotGrid = .standard, at start: Int64 = Self.start) {
        self.init({ audio.frame($0) }, grid: grid, at: start)
    }

    /// Plays recorded frames, over and over.
    init(_ frames: [Frame], grid: SlotGrid = .standard, at start: Int64 = Self.start) {
        self.init({ frames[$0 % frames.count] }, grid: grid, at: start)
    }

    private init(_ make: @escaping (Int) -> Frame, grid: SlotGrid, at start: Int64) {
        self.make = make
        self.timeline = Timeline(grid: grid)
        self.now = start
    }

    /// Goes on as a server does that finds `end` in its store, some time later.
    mutating func restart(behind end: Segment, after seconds: Double = 0) {
        self.now += Int64(seconds * 1_000_000)
        self.timeline = Timeline(grid: self.timeline.grid, continuing: Continuation(after: end))
        self.published += self.timeline.resume(at: self.now)
    }

    /// Sends another format from now on.
    mutating func change(to audio: TestAudio) {
        self.make = { audio.frame($0) }
    }

    mutating func announce(_ text: String, url: String? = nil) {
        self.timeline.announce(Title(time: Timestamp(milliseconds: self.now / 1_000), text: text, url: url))
    }

    /// A source in real time, four frames a time; its clock is `partsPerMillion` fast.
    mutating func play(seconds: Double, partsPerMillion: Double = 0) {
        let end = self.now + Int64(seconds * 1_000_000)
        var exact = Double(self.now)
        while self.now < end {
            let frames = (0..<4).map { self.make(self.next + $0) }
            self.next += 4
            exact += frames.reduce(0) { $0 + Double($1.length) } / (1 + partsPerMillion / 1_000_000)
            self.now = Int64(exact)
            self.published += self.timeline.receive(frames, at: self.now)
            self.published += self.timeline.advance(to: self.now)
        }
    }

    /// No delivery; with `leaves` the next one is from a source that connects anew.
    mutating func idle(seconds: Double, leaves: Bool = true) {
        if leaves { self.timeline.beginSource() }
        for _ in 0..<Int(seconds * 10) {
            self.now += 100_000
            self.published += self.timeline.advance(to: self.now)
        }
    }
}

extension [Publication] {
    /// What follows the silence at the beginning, from a segment's first part on.
    var audible: [Publication] {
        Array(self.drop { $0.part.index != 0 || $0.part.firstAudibleFrame() != 0 })
    }

    /// The first parts, up to the end of a segment that has all of its parts, so many segments.
    func segments(_ count: Int) -> [Publication] {
        var left = count
        return self.prefix { publication in
            defer { left -= publication.completesSegment ? 1 : 0 }
            return left > 0
        }
    }
}

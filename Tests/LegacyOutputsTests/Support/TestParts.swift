// TestParts: parts whose every byte tells its place in the stream.

import NIOCore
import Testing

@testable import Segmenter

/// A stream of parts of noise, so that one lost or given twice is seen.
struct TestParts {
    static let format = AudioFormat(
        codec: .mp3,
        profile: 0b1101,
        channels: 2,
        sampleRate: 48_000,
        samplesPerFrame: 1_152
    )
    static let firstSlot: Int64 = 1_000

    private static let period = 65_521
    /// Three periods of noise: a stream is this over and over, a prime number of bytes each time.
    private static let noise: ByteBuffer = {
        var random = SeededGenerator(seed: 1)
        let period = (0..<Self.period).map { _ in UInt8.random(in: 0...255, using: &random) }
        return ByteBuffer(bytes: period + period + period)
    }()

    let store: SegmentStore
    private(set) var audio = ByteBuffer()
    private(set) var parts: [Part] = []
    /// Where in `audio` each part begins.
    private(set) var offsets: [Int] = []
    private var next = StreamCursor(slot: Self.firstSlot)
    private var title: Title?

    /// What holds parts that have left memory, `nil` when the stream is in memory alone.
    let archive: TestArchive?

    init(seconds: Int = 14_400, grid: SlotGrid = .standard) {
        self.store = SegmentStore(grid: grid, seconds: seconds)
        self.archive = nil
    }

    /// Makes a stream of which memory keeps two slots, and an archive all.
    init(archive: TestArchive) {
        self.archive = archive
        self.store = SegmentStore(grid: .standard, seconds: 14_400, hotSeconds: 5, archive: archive, newest: nil)
    }

    /// Publishes a part; titles begin at the frames given.
    mutating func publish(frames: Int = 40, frameBytes: Int = 384, titles: [Int: String] = [:]) {
        let grid = self.store.grid
        let place = self.audio.readableBytes % Self.period
        guard let bytes = Self.noise.getSlice(at: place, length: frames * frameBytes) else {
            preconditionFailure("a part has at most two periods of bytes")
        }
        self.offsets.append(self.audio.readableBytes)
        let part = self.part(bytes, frames: frames, frameBytes: frameBytes, titles: titles)
        self.audio.writeImmutableBuffer(bytes)
        self.parts.append(part)
        let header = SegmentHeader(
            slot: self.next.slot,
            start: grid.edge(ofSlot: self.next.slot),
            firstSample: grid.edge(ofSlot: self.next.slot).milliseconds * 48,
            format: Self.format,
            isDiscontinuous: false,
            discontinuitySequence: 0
        )
        let isLast = self.next.part == grid.partsPerSlot - 1
        let publication = Publication(segment: header, part: part, completesSegment: isLast)
        if let archive = self.archive {
            do {
                try archive.store(publication)
            } catch {
                Issue.record("the part was not stored: \(error)")
            }
        }
        self.store.append(publication)
        self.next =
            isLast
            ? StreamCursor(slot: self.next.slot + 1)
            : StreamCursor(slot: self.next.slot, part: self.next.part + 1)
    }

    mutating func publish(parts: Int) {
        for _ in 0..<parts { self.publish() }
    }

    private mutating func part(_ bytes: ByteBuffer, frames: Int, frameBytes: Int, titles: [Int: String]) -> Part {
        var first = self.title
        var changes: [Part.TitleChange] = []
        for (frame, text) in titles.sorted(by: { $0.key < $1.key }) {
            let time = Timestamp(milliseconds: Int64(self.audio.readableBytes + frame))
            let title = Title(time: time, text: text)
            self.title = title
            if frame == 0 { first = title } else { changes.append(Part.TitleChange(frame: frame, title: title)) }
        }
        return Part(
            slot: self.next.slot,
            index: self.next.part,
            samplesBefore: Int64(self.next.part) * 46_080,
            bytes: bytes,
            frameLengths: Array(repeating: UInt16(frameBytes), count: frames),
            title: first,
            titleChanges: changes
        )
    }
}

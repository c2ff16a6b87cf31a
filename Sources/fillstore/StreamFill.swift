// StreamFill: fills one stream.

import Archive
import NIOCore
import Segmenter

/// Fills one stream with a recording, over and over, by what makes and writes the parts of a live source.
struct StreamFill {
    /// What was written.
    struct Tally {
        var parts = 0
        var audioOctets = 0
        /// Octets of the log files.
        var storedOctets = 0

        mutating func add(_ other: Tally) {
            self.parts += other.parts
            self.audioOctets += other.audioOctets
            self.storedOctets += other.storedOctets
        }
    }

    /// The title changes with every so many deliveries, of a second each: about as often as songs do.
    private static let deliveriesWithTitle = 200
    /// Parts that are handed to the writer together, and how many such batches may wait for it.
    private static let partsInBatch = 60
    private static let batchesInFlight = 4

    private let recording: Recording
    private let stored: ArchivedStream
    private let name: String
    private let clock: FastClock

    init(_ recording: Recording, into stored: ArchivedStream, name: String, clock: FastClock) throws(FillError) {
        guard stored.newest == nil else { throw FillError("the store has audio of \(name) already") }
        self.recording = recording
        self.stored = stored
        self.name = name
        self.clock = clock
    }

    /// Writes audio for a span of the clock, microseconds; what is behind the last whole part is left out.
    func run(over span: Range<Int64>) async throws(FillError) -> Tally {
        var timeline = Timeline(grid: self.stored.grid)
        var writing = PartWriting(self.stored, mostInFlight: Self.batchesInFlight)
        var batch: [Publication] = []
        var tally = Tally()
        var samples: Int64 = 0
        timeline.beginSource()
        for turn in 0... {
            let frames = self.recording.deliveries[turn % self.recording.deliveries.count]
            samples += Int64(frames.count) * Int64(self.recording.format.samplesPerFrame)
            // A delivery arrives when its last frame has been spoken.
            let now = span.lowerBound + samples * 1_000_000 / Int64(self.recording.format.sampleRate)
            guard now <= span.upperBound else { break }
            self.clock.set(now)
            if turn.isMultiple(of: Self.deliveriesWithTitle) { timeline.announce(self.title(turn, at: now)) }
            batch += timeline.receive(frames, at: now)
            if let reason = timeline.refusal { throw FillError(reason) }
            if batch.count >= Self.partsInBatch { try await self.write(&batch, by: &writing, counting: &tally) }
        }
        try await self.write(&batch, by: &writing, counting: &tally)
        try await writing.finish()
        tally.storedOctets = self.stored.archive.octets
        return tally
    }

    private func write(
        _ batch: inout [Publication],
        by writing: inout PartWriting,
        counting tally: inout Tally
    ) async throws(FillError) {
        tally.parts += batch.count
        tally.audioOctets += batch.reduce(0) { $0 + $1.part.bytes.readableBytes }
        try await writing.write(batch)
        batch.removeAll(keepingCapacity: true)
    }

    private func title(_ number: Int, at now: Int64) -> Title {
        Title(time: Timestamp(milliseconds: now / 1_000), text: "\(self.name) - \(number / Self.deliveriesWithTitle)")
    }
}

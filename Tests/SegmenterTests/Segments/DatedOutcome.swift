// DatedOutcome: what dated audio became.

import NIOCore
import Testing

@testable import Segmenter

/// What dated audio became, and whether all of it is as every reader expects.
struct DatedOutcome {
    private(set) var published: [Publication] = []
    private(set) var droppedFrames = 0

    /// Lays pieces, and checks that every slot from the first to the last is full.
    init(_ pieces: [DatedPiece], grid: SlotGrid = .standard) throws {
        var audio = DatedAudio(grid: grid)
        for piece in pieces {
            self.published += try audio.append(piece.bytes, at: piece.time, title: piece.title)
            while audio.isFilling { self.published += audio.fillOn() }
        }
        self.published += audio.finish()
        self.droppedFrames = audio.droppedFrames
        self.published.expectFullSlots(on: grid)
    }

    /// A frame as it was published.
    struct Laid {
        let bytes: [UInt8]
        let time: Int64
        let isSilence: Bool
        let title: Title?
    }

    var frames: [Laid] { self.published.flatMap { $0.laidFrames } }

    /// The frames that came with the audio.
    var audible: [Laid] { self.frames.filter { !$0.isSilence } }

    /// The stretches of audible frames between silence, by their places among all audible ones.
    var runs: [Range<Int>] {
        var runs: [Range<Int>] = []
        var count = 0
        var begin: Int?
        for frame in self.frames {
            if frame.isSilence, let first = begin { runs.append(first..<count) }
            begin = frame.isSilence ? nil : begin ?? count
            count += frame.isSilence ? 0 : 1
        }
        if let begin { runs.append(begin..<count) }
        return runs
    }
}

extension Publication {
    /// The part's frames with their media times in microseconds.
    var laidFrames: [DatedOutcome.Laid] {
        var bytes = self.part.bytes
        var title = self.part.title
        return self.part.frameLengths.enumerated().map { index, length in
            title = self.part.titleChanges.first { $0.frame == index }?.title ?? title
            let samples = self.part.samplesBefore + Int64(index) * Int64(self.segment.format.samplesPerFrame)
            return DatedOutcome.Laid(
                bytes: bytes.readBytes(length: Int(length)) ?? [],
                time: self.segment.start.milliseconds * 1_000
                    + samples * 1_000_000 / Int64(self.segment.format.sampleRate),
                isSilence: self.part.silences.contains { $0.contains(index) },
                title: title
            )
        }
    }
}

extension [Publication] {
    /// Expects all parts of all slots from the first to the last, each once and in order.
    func expectFullSlots(on grid: SlotGrid) {
        guard let first = self.first?.segment.slot else { return }
        let parts = grid.partsPerSlot
        #expect(self.count % parts == 0)
        for (place, publication) in self.enumerated() {
            let slot = first + Int64(place / parts)
            let isLast = place % parts == parts - 1
            let isInPlace =
                publication.segment.slot == slot && publication.part.slot == slot
                && publication.part.index == place % parts && publication.completesSegment == isLast
            #expect(isInPlace, "part \(place)")
            guard isInPlace else { return }
        }
    }
}

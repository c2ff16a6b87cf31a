// Served: what an archive serves, beside what was published.

import NIOCore
import Segmenter
import Testing

@testable import Archive

extension Part {
    /// Whether everything that a listener or a playlist can tell is the same.
    func isSame(as other: Part) -> Bool {
        self.slot == other.slot && self.index == other.index && self.samplesBefore == other.samplesBefore
            && self.bytes == other.bytes && self.frameLengths == other.frameLengths && self.silences == other.silences
            && self.title == other.title && self.titleChanges == other.titleChanges
    }

    /// Whether it is silence in the place of another part: as many frames, at the same place.
    func isSilence(insteadOf other: Part) -> Bool {
        self.slot == other.slot && self.index == other.index && self.samplesBefore == other.samplesBefore
            && self.frameCount == other.frameCount && self.firstAudibleFrame() == nil
    }
}

extension SegmentSummary {
    /// Whether all is the same that playlists and look-ups tell.
    fileprivate func isSame(as known: SegmentSummary) -> Bool {
        self.header == known.header && self.sampleCount == known.sampleCount && self.byteCount == known.byteCount
            && self.leadingSilence == known.leadingSilence && self.isComplete == known.isComplete
            && (known.isInterrupted || !self.isInterrupted)
    }
}

extension StreamArchive {
    /// The parts of a slot as they are served.
    func parts(_ slot: Int64) -> [Part] { self.segment(slot)?.parts ?? [] }

    /// What is served for a publication, `nil` when nothing is.
    func served(_ publication: Publication) -> Part? {
        self.parts(publication.segment.slot).first { $0.index == publication.part.index }
    }

    /// The publications that are not served as they were published.
    func differing(from published: some Sequence<Publication>) -> [Publication] {
        var segment: Segment?
        return published.filter { publication in
            if segment?.slot != publication.segment.slot { segment = self.segment(publication.segment.slot) }
            guard let segment, segment.header == publication.segment, publication.part.index < segment.parts.count
            else {
                return true
            }
            return !segment.parts[publication.part.index].isSame(as: publication.part)
        }
    }

    /// Whether every slot follows the one before it: numbers, samples, parts, and starts to the millisecond.
    func expectOneTimeline(_ location: SourceLocation = #_sourceLocation) throws {
        let slots = try #require(self.slots)
        var last: SegmentSummary?
        for slot in slots {
            // Damage is found by reading.
            let segment = try #require(self.segment(slot), sourceLocation: location)
            let summary = try #require(self.summary(ofSlot: slot), sourceLocation: location)
            #expect(segment.summary.isSame(as: summary), "\(segment.summary) \(summary)", sourceLocation: location)
            var samples: Int64 = 0
            for (index, part) in segment.parts.enumerated() {
                #expect(part.index == index && part.samplesBefore == samples, sourceLocation: location)
                #expect(part.bytes.readableBytes == part.byteOffset(ofFrame: part.frameCount), sourceLocation: location)
                samples += Int64(part.frameCount) * Int64(segment.header.format.samplesPerFrame)
            }
            if let last, !summary.header.isDiscontinuous {
                let expected = last.header.firstSample + last.sampleCount
                #expect(summary.header.firstSample == expected, sourceLocation: location)
                #expect(abs(summary.header.start.millisecondsSince(last.end)) <= 4, sourceLocation: location)
                let sequence = last.header.discontinuitySequence
                #expect(summary.header.discontinuitySequence == sequence, sourceLocation: location)
            }
            last = summary
        }
    }
}

// TestSegments: frames cut on the clock, by counting.

import NIOCore
import Segmenter

/// Cuts frames into segments as time-and-hls rules 3 and 9 have it, by rational arithmetic over sample numbers.
struct TestSegments {
    let audio: EncodedAudio
    var grid = SlotGrid.standard
    var titles: [Title] = []
    /// The discontinuity sequence of all, and whether the first has a tag.
    var discontinuitySequence: Int64 = 0
    var beginsDiscontinuous = false

    /// Whole segments from a slot on, as many as the audio fills.
    func cut(fromSlot firstSlot: Int64) -> [Segment] {
        let frameSamples = Int64(self.audio.format.samplesPerFrame)
        let rate = Int64(self.audio.format.sampleRate)
        // The first sample at or after the slot's edge.
        let anchor = (firstSlot * self.grid.segmentMilliseconds * rate + 999) / 1_000
        /// The first frame whose time is not before a moment.
        func frame(at time: Timestamp) -> Int {
            let sample = (time.milliseconds * rate + 999) / 1_000 - anchor
            return Int((sample + frameSamples - 1) / frameSamples)
        }
        var segments: [Segment] = []
        var slot = firstSlot
        while frame(at: self.grid.edge(ofSlot: slot + 1)) <= self.audio.frames.count {
            let first = frame(at: self.grid.edge(ofSlot: slot))
            let sample = anchor + Int64(first) * frameSamples
            let header = self.header(slot: slot, sample: sample, isFirst: slot == firstSlot)
            var segment = Segment(header: header)
            for index in 0..<self.grid.partsPerSlot {
                let begin = frame(at: self.grid.edge(ofSlot: slot, part: index))
                let end = frame(at: self.grid.edge(ofSlot: slot, part: index + 1))
                let part = self.part(index, of: header, frames: begin..<end, after: begin - first)
                segment.append(part, isLast: index == self.grid.partsPerSlot - 1)
            }
            segments.append(segment)
            slot += 1
        }
        return segments
    }

    private func header(slot: Int64, sample: Int64, isFirst: Bool) -> SegmentHeader {
        SegmentHeader(
            slot: slot,
            start: Timestamp(milliseconds: sample * 1_000 / Int64(self.audio.format.sampleRate)),
            firstSample: sample,
            format: self.audio.format,
            isDiscontinuous: isFirst && self.beginsDiscontinuous,
            discontinuitySequence: self.discontinuitySequence
        )
    }

    private func part(_ index: Int, of header: SegmentHeader, frames: Range<Int>, after earlier: Int) -> Part {
        let frames = self.audio.frames[frames]
        let edge = self.grid.edge(ofSlot: header.slot, part: index)
        return Part(
            slot: header.slot,
            index: index,
            samplesBefore: Int64(earlier) * Int64(self.audio.format.samplesPerFrame),
            bytes: frames.reduce(into: ByteBuffer()) { $0.writeImmutableBuffer($1) },
            frameLengths: frames.map { UInt16($0.readableBytes) },
            title: self.titles.last { $0.time <= edge }
        )
    }
}

extension Sequence<ByteBuffer> {
    /// All octets, in one array.
    var octets: [UInt8] { self.flatMap { Array($0.readableBytesView) } }
}

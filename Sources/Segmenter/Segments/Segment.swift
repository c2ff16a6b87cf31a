// Segment: the parts of one slot.

import NIOCore

/// The parts of one slot, growing until it is complete.
package struct Segment: Sendable {
    package let header: SegmentHeader
    package private(set) var parts: [Part]
    package private(set) var isComplete: Bool

    package init(header: SegmentHeader, parts: [Part] = [], isComplete: Bool = false) {
        self.header = header
        self.parts = parts
        self.isComplete = isComplete
    }

    /// Makes an empty segment with room for exactly its parts: over a window of hours, slack adds up.
    package init(header: SegmentHeader, partCount: Int) {
        self.init(header: header)
        self.parts.reserveCapacity(partCount)
    }

    package mutating func append(_ part: Part, isLast: Bool) {
        self.parts.append(part)
        self.isComplete = isLast
    }

    package var slot: Int64 { self.header.slot }

    /// Samples per channel of the parts so far.
    package var sampleCount: Int64 {
        guard let last = self.parts.last else { return 0 }
        return last.samplesBefore + Int64(last.frameCount) * Int64(self.header.format.samplesPerFrame)
    }

    /// Bytes of audio in the parts so far.
    package var byteCount: Int {
        self.parts.reduce(0) { $0 + $1.bytes.readableBytes }
    }

    /// Whether no frame of it came from a source.
    package var isSilent: Bool {
        self.parts.allSatisfy { $0.firstAudibleFrame() == nil }
    }
}

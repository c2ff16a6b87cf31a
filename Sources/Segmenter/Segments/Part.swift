// Part: about a second of whole frames.

package import NIOCore

/// About a second of whole frames, immutable: the quantum of publishing.
package struct Part: Sendable {
    /// A title that begins inside the part, at a frame.
    package struct TitleChange: Hashable, Sendable {
        package let frame: Int
        package let title: Title

        package init(frame: Int, title: Title) {
            self.frame = frame
            self.title = title
        }
    }

    package let slot: Int64
    /// 0 up to `SlotGrid.partsPerSlot - 1`.
    package let index: Int
    /// Samples per channel between the segment's first frame and this part's first frame.
    package let samplesBefore: Int64
    /// All frames, concatenated.
    package let bytes: ByteBuffer
    /// The length in bytes of each frame (an ADTS frame has at most 8,191).
    package let frameLengths: [UInt16]
    /// Frames that this server synthesised because the source sent none, in rising order.
    package let silences: [Range<Int>]
    /// The title in force at the first frame, `nil` before the first title.
    package let title: Title?
    /// Titles that begin at a later frame of this part, in order.
    package let titleChanges: [TitleChange]

    package init(
        slot: Int64,
        index: Int,
        samplesBefore: Int64,
        bytes: ByteBuffer,
        frameLengths: [UInt16],
        silences: [Range<Int>] = [],
        title: Title? = nil,
        titleChanges: [TitleChange] = []
    ) {
        self.slot = slot
        self.index = index
        self.samplesBefore = samplesBefore
        self.bytes = bytes
        self.frameLengths = frameLengths
        self.silences = silences
        self.title = title
        self.titleChanges = titleChanges
    }

    package var frameCount: Int { self.frameLengths.count }

    /// The first frame at or after `start` that came from a source, or `nil` when only silence follows.
    package func firstAudibleFrame(from start: Int = 0) -> Int? {
        var frame = start
        for silence in self.silences where silence.contains(frame) { frame = silence.upperBound }
        return frame < self.frameCount ? frame : nil
    }

    /// The offset of a frame in `bytes`.
    package func byteOffset(ofFrame frame: Int) -> Int {
        self.frameLengths[..<frame].reduce(0) { $0 + Int($1) }
    }
}

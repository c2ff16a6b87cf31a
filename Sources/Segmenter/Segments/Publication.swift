// Publication: one part, ready for every reader.

/// One part as it becomes public, with the segment that it belongs to.
package struct Publication: Sendable {
    package let segment: SegmentHeader
    package let part: Part
    /// Whether the segment is complete with this part.
    package let completesSegment: Bool

    package init(segment: SegmentHeader, part: Part, completesSegment: Bool) {
        self.segment = segment
        self.part = part
        self.completesSegment = completesSegment
    }
}

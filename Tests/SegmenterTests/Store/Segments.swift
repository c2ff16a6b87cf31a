// Segments: publications gathered to segments.

import Segmenter

/// Publications gathered to segments, as a store or a disk would.
enum Segments {
    static func all(_ published: [Publication], grid: SlotGrid = .standard) -> [Segment] {
        var segments: [Segment] = []
        for publication in published {
            if segments.last?.slot != publication.segment.slot {
                segments.append(Segment(header: publication.segment, partCount: grid.partsPerSlot))
            }
            segments[segments.count - 1].append(publication.part, isLast: publication.completesSegment)
        }
        return segments
    }

    static func last(of published: [Publication]) -> Segment? {
        Self.all(published).last
    }
}

// FoundPlace: look-ups as tests ask them.

import Segmenter

extension PlaceLookUp {
    /// The place that was found, if one was.
    var place: FramePlace? {
        guard case .found(let place) = self else { return nil }
        return place
    }
}

extension SegmentStore {
    /// The oldest frame that came from a source.
    var oldestPlace: FramePlace? {
        self.oldestTime.flatMap { self.place(notBefore: $0).place }
    }
}

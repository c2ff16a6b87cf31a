// FramePlace: a frame in the store, with its media time.

/// A frame in the store, with its media time: where a listener starts.
package struct FramePlace: Hashable, Sendable {
    package let cursor: StreamCursor
    package let time: Timestamp

    package init(cursor: StreamCursor, time: Timestamp) {
        self.cursor = cursor
        self.time = time
    }
}

// SourceSink: where an accepted source's frames go.

package import Segmenter

/// Where an accepted source's frames go; Origin implements it.
///
/// Called on the connection's event loop; must not block.
package protocol SourceSink: Sendable {
    /// Takes the frames that one read of the socket completed, never none.
    ///
    /// Their bytes are slices of receive buffers: copy them if they are to live long. What had been read before
    /// `pauseReading` may still come after it.
    func receive(_ frames: [Frame])

    /// Called once, after the last frames.
    func end(_ reason: SourceEnd)
}

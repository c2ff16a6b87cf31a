// SourceControl: what may be asked of a source's connection.

/// What the upper layer may ask of a source's connection, from any thread.
///
/// Nothing happens once the source has ended.
package protocol SourceControl: AnyObject, Sendable {
    /// Leaves what the encoder sends in its socket, so that TCP slows the encoder down.
    func pauseReading()
    func resumeReading()

    /// Ends the source; its sink is told `.stopped`, the encoder is told the reason if its protocol still allows it.
    func close(reason: String)
}

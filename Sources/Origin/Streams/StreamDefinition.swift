// StreamDefinition: what the configuration says of a stream.

/// What the configuration says of a stream.
package struct StreamDefinition: Sendable {
    /// The stream's key: its path on the listener port, and its mount on the source port.
    package var name: String
    package var sourcePassword: String
    /// Depth of the rewind window, seconds.
    package var seconds: Int = 14_400
    /// Audio that a live listener gets at once, seconds.
    package var burst: Double = 10
    /// Audio bytes between ICY metadata blocks.
    package var metadataInterval = 16_000
    /// How far a listener may fall behind its place.
    package var largestLag = Duration.seconds(30)
    /// The station's name for players, and the title before an encoder sends one.
    package var title: String?
    package var url: String?
    /// Whether the server is ready only while this stream has a source.
    package var isMonitored = false
    /// Whether `/` leads here.
    package var isRoot = false

    package init(name: String, sourcePassword: String) {
        self.name = name
        self.sourcePassword = sourcePassword
    }
}

// MultivariantPlaylist: the playlist that names the variants of a programme.

package import NIOCore

/// The variants of one programme, the default one first (RFC 8216 §4.3.4).
package struct MultivariantPlaylist: Hashable, Sendable {
    /// One rendering of the programme, with what a player needs to choose it.
    package struct Variant: Hashable, Sendable {
        /// The address of its media playlist, from that of the multivariant on.
        package let uri: String
        package let bandwidth: Bandwidth
        /// What `AudioFormat.codecString` says of each format in it, with commas between.
        package let codecs: String

        package init(uri: String, bandwidth: Bandwidth, codecs: String) {
            self.uri = uri
            self.bandwidth = bandwidth
            self.codecs = codecs
        }
    }

    package let variants: [Variant]

    package init(variants: [Variant]) {
        self.variants = variants
    }

    /// Renders the playlist.
    ///
    /// Whether segments are independent is for each media playlist to say (RFC 8216 §4.3.5.1).
    package func render() -> ByteBuffer {
        var text = ByteBuffer()
        text.writeStaticString("#EXTM3U\n#EXT-X-VERSION:3\n")
        for variant in self.variants {
            text.writeStaticString("#EXT-X-STREAM-INF:BANDWIDTH=")
            text.writeDecimal(variant.bandwidth.peak)
            text.writeStaticString(",AVERAGE-BANDWIDTH=")
            text.writeDecimal(variant.bandwidth.average)
            text.writeStaticString(",CODECS=\"")
            text.writeString(variant.codecs)
            text.writeStaticString("\"\n")
            text.writeString(variant.uri)
            text.writeStaticString("\n")
        }
        return text
    }
}

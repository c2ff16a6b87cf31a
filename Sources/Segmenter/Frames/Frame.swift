// Frame: one encoded access unit.

package import NIOCore

/// One encoded access unit with its header: an MPEG audio frame or an ADTS frame, bytes exactly as the encoder sent them.
package struct Frame: Hashable, Sendable {
    package let bytes: ByteBuffer
    package let format: AudioFormat

    package init(bytes: ByteBuffer, format: AudioFormat) {
        self.bytes = bytes
        self.format = format
    }
}

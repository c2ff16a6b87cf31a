// RewindDumpChunk: about two seconds of audio from a dump.

package import NIOCore
package import Segmenter

/// About two seconds of whole frames from a dump.
package struct RewindDumpChunk: Hashable, Sendable {
    /// When it begins: audio time, counted from when its encoder connected, in whole milliseconds.
    package let time: Timestamp
    /// How long it plays, if the dump says so.
    package let milliseconds: Int64?
    /// What was playing, if the dump says so; its time is the chunk's.
    package let title: Title?
    package let bytes: ByteBuffer
}

// ICYFramer: puts metadata blocks between audio bytes.

package import NIOCore
package import Segmenter

/// Puts a metadata block after every `interval` audio bytes of one listener, whatever the sizes of the parts.
///
/// A block carries the title in force at the audio byte behind it, so a rewound listener sees the titles of that time. The first block is
/// always full; later ones are empty until the title changes.
package struct ICYFramer: Sendable {
    package let interval: Int
    /// Audio bytes until the next block; 0 when it stands before the next byte.
    package private(set) var bytesUntilBlock: Int
    /// The time of the title that was sent last, which identifies it.
    private var sent: Timestamp?
    private var hasSentTitle = false

    package init(interval: Int) {
        self.interval = interval
        self.bytesUntilBlock = interval
    }

    /// Emits the bytes of `part` from a frame on, with the blocks that fall between them.
    package mutating func frame(_ part: Part, fromFrame: Int, emit: (ByteBuffer) -> Void) {
        var bytes = part.bytes
        var offset = part.byteOffset(ofFrame: fromFrame)
        bytes.moveReaderIndex(forwardBy: offset)
        while bytes.readableBytes > 0 {
            if self.bytesUntilBlock == 0 {
                emit(self.block(for: part.title(atByte: offset)))
                self.bytesUntilBlock = self.interval
            }
            guard let slice = bytes.readSlice(length: min(self.bytesUntilBlock, bytes.readableBytes)) else { return }
            offset += slice.readableBytes
            self.bytesUntilBlock -= slice.readableBytes
            emit(slice)
        }
    }

    private mutating func block(for title: Title?) -> ByteBuffer {
        guard !self.hasSentTitle || title?.time != self.sent else { return MetadataBlock.unchanged }
        self.hasSentTitle = true
        self.sent = title?.time
        return MetadataBlock.encode(title)
    }
}

extension Part {
    /// The title in force at the frame that holds the byte at `offset`.
    func title(atByte offset: Int) -> Title? {
        guard !self.titleChanges.isEmpty else { return self.title }
        return self.titleChanges.last { self.byteOffset(ofFrame: $0.frame) <= offset }?.title ?? self.title
    }
}

// StoredRange: audio in a file, ready to be sent from there.

package import NIOCore

/// Frames in a file that have been checked and are in the page cache: they may be sent without being looked at.
package struct StoredRange: Sendable {
    package let file: StoredFile
    package let offset: Int64
    package let length: Int

    package init(file: StoredFile, offset: Int64, length: Int) {
        self.file = file
        self.offset = offset
        self.length = length
    }

    /// The range as a channel sends it, from some byte on.
    package func region(from start: Int = 0) -> FileRegion {
        FileRegion(
            fileHandle: self.file.handle,
            readerIndex: Int(self.offset) + start,
            endIndex: Int(self.offset) + self.length
        )
    }

    /// The range without its first octets, or none behind `count`.
    package func slice(from start: Int, count: Int) -> StoredRange {
        StoredRange(file: self.file, offset: self.offset + Int64(start), length: count)
    }
}

// StoredFile: an open file of stored audio.

package import NIOCore

/// An open file of stored audio, closed when its last reader is gone: until then its audio can be read, deleted or not.
package final class StoredFile: Sendable {
    package let handle: NIOFileHandle

    /// Takes over an open handle.
    package init(_ handle: NIOFileHandle) {
        self.handle = handle
    }

    deinit {
        // Nothing can be done about a failure, and nothing was written through it.
        try? self.handle.close()
    }
}

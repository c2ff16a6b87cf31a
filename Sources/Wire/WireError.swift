// WireError: why bytes from the wire were refused.

/// Why bytes from the wire were refused: the status to answer with, and a sentence for the peer and the log.
package struct WireError: Error, Hashable, Sendable, CustomStringConvertible {
    package let status: Status
    package let message: String

    package init(_ status: Status, _ message: String) {
        self.status = status
        self.message = message
    }

    package var description: String { self.message }
}

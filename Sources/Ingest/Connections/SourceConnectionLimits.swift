// SourceConnectionLimits: how long and how much a source's connection may.

package import NIOCore
package import Wire

/// How long a source's connection may take, and how much it may send, before it is ended.
package struct SourceConnectionLimits: Hashable, Sendable {
    /// From the connection, or the last answer, to the end of a head; Icecast's default.
    package var head: TimeAmount = .seconds(15)
    /// Without a byte of an accepted source that is not paused; Icecast's default.
    package var silence: TimeAmount = .seconds(10)
    /// How long what comes behind a last answer is read over.
    ///
    /// A refused encoder may be sending already, and a socket closed on unread bytes would take the refusal from it.
    package var drain: TimeAmount = .seconds(2)
    /// The line that is a SHOUTcast source's password.
    package var passwordBytes = 512
    /// The body of a `POST` with a title.
    package var formBytes = 16 * 1024
    package var request = RequestParser.Limits()

    package init() {}
}

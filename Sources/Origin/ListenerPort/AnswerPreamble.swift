// AnswerPreamble: the status line and Date that most answers share for a second.

internal import NIOCore
internal import Wire

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The first lines of an answer, made once a second on each event loop: status, `Date` and `Server`.
///
/// Confined to its loop.
final class AnswerPreamble {
    static let server = "StreamMachine"

    private var second = -1
    private var date = ""
    private var ok = ByteBuffer()

    /// The `Date` of an answer made now.
    var currentDate: String {
        self.refresh()
        return self.date
    }

    /// The first lines of a `200`.
    var okLines: ByteBuffer {
        self.refresh()
        return self.ok
    }

    private func refresh() {
        let now = time(nil)
        guard now != self.second else { return }
        self.second = now
        self.date = HTTPDate.text(secondsSince1970: Int64(now))
        self.ok = ByteBuffer(string: "HTTP/1.1 200 OK\r\nDate: \(self.date)\r\nServer: \(Self.server)\r\n")
    }
}

@available(*, unavailable)
extension AnswerPreamble: Sendable {}

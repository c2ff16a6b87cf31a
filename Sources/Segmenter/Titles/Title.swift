// Title: what is playing, from a moment of media time on.

/// What is playing from `time` on: the text an encoder sent, bound to a media time.
///
/// No two titles of a stream share a time, so the time identifies the title (RFC 8216bis §4.4.5.1, DATERANGE ID).
package struct Title: Hashable, Sendable {
    package let time: Timestamp
    package let text: String
    package let url: String?

    package init(time: Timestamp, text: String, url: String? = nil) {
        self.time = time
        self.text = text
        self.url = url
    }
}

// HeaderBlock: response headers that do not depend on the request.

internal import NIOCore

/// Response headers without a status line, for answers that are put together from parts made once.
struct HeaderBlock {
    private var buffer = ByteBuffer()

    mutating func reserve(_ capacity: Int) {
        self.buffer.reserveCapacity(minimumWritableBytes: capacity + 64)
    }

    mutating func add(_ name: StaticString, _ value: String) {
        self.buffer.writeStaticString(name)
        self.buffer.writeStaticString(": ")
        self.buffer.writeString(value)
        self.buffer.writeStaticString("\r\n")
    }

    /// Any page may read this answer; hls.js needs `Age`, `Date` and lengths to tune in behind a CDN.
    mutating func addCORS() {
        self.buffer.writeStaticString(
            """
            Access-Control-Allow-Origin: *\r
            Access-Control-Expose-Headers: Age, Date, ETag, Content-Length, Content-Range, Content-Disposition, X-Start-Time, \
            X-End-Time\r
            Timing-Allow-Origin: *\r
            Cross-Origin-Resource-Policy: cross-origin\r

            """
        )
    }

    consuming func finished() -> ByteBuffer {
        self.buffer.writeStaticString("\r\n")
        return self.buffer
    }
}

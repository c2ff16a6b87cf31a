// FormReader: the small body of a POST.

import NIOCore
import Wire

/// Gathers the small body of a `POST`, up to a limit.
struct FormReader {
    private let limit: Int
    private var body: BodyDecoder
    private var form = ByteBuffer()

    init(_ framing: BodyFraming, limit: Int) throws(WireError) {
        self.limit = limit
        // Only a source's body lasts until the connection closes.
        self.body = BodyDecoder(framing == .unspecified ? .length(0) : framing)
        if case .length(let length) = framing, length > limit { throw self.tooLarge }
    }

    /// The whole form, or `nil` until all of it is there.
    mutating func next(from buffer: inout ByteBuffer) throws(WireError) -> ByteBuffer? {
        while let piece = try self.body.next(from: &buffer) {
            guard case .bytes(let bytes) = piece else { return self.form }
            guard self.form.readableBytes + bytes.readableBytes <= self.limit else { throw self.tooLarge }
            self.form.writeImmutableBuffer(bytes)
        }
        return nil
    }

    private var tooLarge: WireError {
        WireError(.contentTooLarge, "A form may have \(self.limit) bytes.")
    }
}

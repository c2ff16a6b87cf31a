// BodyDecoder: a request's body, whatever delimits it.

package import NIOCore

/// Takes a request's body off a connection's bytes, whatever delimits it.
package struct BodyDecoder: Sendable {
    private enum State {
        case untilClose
        case remaining(Int)
        case chunked(ChunkedDecoder)
        case ended
    }

    private var state: State

    /// A body of unspecified length lasts until the connection closes.
    package init(_ framing: BodyFraming) {
        self.state =
            switch framing {
            case .unspecified: .untilClose
            case .length(let length): .remaining(length)
            case .chunked: .chunked(ChunkedDecoder())
            }
    }

    /// Takes the next piece off the buffer, or returns `nil` until more arrives; after the end it returns only `nil`.
    package mutating func next(from buffer: inout ByteBuffer) throws(WireError) -> BodyPiece? {
        switch self.state {
        case .ended:
            return nil
        case .untilClose:
            return Self.take(buffer.readableBytes, from: &buffer)
        case .remaining(0):
            self.state = .ended
            return .end
        case .remaining(let count):
            let taken = min(count, buffer.readableBytes)
            self.state = .remaining(count - taken)
            return Self.take(taken, from: &buffer)
        case .chunked(var decoder):
            let piece = try decoder.next(from: &buffer)
            self.state = piece == .end ? .ended : .chunked(decoder)
            return piece
        }
    }

    private static func take(_ count: Int, from buffer: inout ByteBuffer) -> BodyPiece? {
        guard count > 0 else { return nil }
        return buffer.readSlice(length: count).map { .bytes($0) }
    }
}

// ChunkedDecoder: the chunked transfer coding, undone.

package import NIOCore

/// Undoes the chunked transfer coding (RFC 9112 §7.1): bytes in, slices of the body out, nothing copied.
///
/// Lines may end with a bare LF. Extensions and trailers are read over, within bounds. Everything but the body is
/// consumed as it arrives, so a connection that dribbles costs no memory.
package struct ChunkedDecoder: Sendable {
    private enum State {
        case size(value: Int, digits: Int)
        case `extension`(size: Int, length: Int)
        case sizeLineFeed(Int)
        case data(Int)
        case dataEnd
        case dataLineFeed
        case trailer(line: Int, total: Int)
        case trailerLineFeed(line: Int, total: Int)
        case ended
    }

    /// A chunk may be any size that an encoder could mean; the sum of all chunks is not bounded.
    private static let largestChunk = Int(Int32.max)
    private static let longestSize = 16
    private static let longestExtension = 1024
    private static let longestTrailer = 8192

    private var state = State.size(value: 0, digits: 0)
    private var failure: WireError?

    package init() {}

    /// Takes the next piece off the buffer, or returns `nil` until more arrives; after the end it returns only `nil`.
    ///
    /// What follows the end of the body stays in the buffer.
    package mutating func next(from buffer: inout ByteBuffer) throws(WireError) -> BodyPiece? {
        if let failure = self.failure { throw failure }
        do throws(WireError) {
            return try self.step(&buffer)
        } catch {
            self.failure = error
            throw error
        }
    }

    private mutating func step(_ buffer: inout ByteBuffer) throws(WireError) -> BodyPiece? {
        while true {
            switch self.state {
            case .ended:
                return nil
            case .data(let remaining):
                let taken = min(remaining, buffer.readableBytes)
                guard taken > 0, let bytes = buffer.readSlice(length: taken) else { return nil }
                self.state = taken == remaining ? .dataEnd : .data(remaining - taken)
                return .bytes(bytes)
            default:
                guard let byte = buffer.readInteger(as: UInt8.self) else { return nil }
                self.state = try Self.framing(byte, in: self.state)
                if case .ended = self.state { return .end }
            }
        }
    }

    /// What a byte of the framing, outside the data, leads to.
    private static func framing(_ byte: UInt8, in state: State) throws(WireError) -> State {
        switch (state, byte) {
        case (.size(let value, let digits), _):
            return try Self.size(byte, value: value, digits: digits)
        case (.extension(let size, _), ASCII.carriageReturn):
            return .sizeLineFeed(size)
        case (.extension(let size, _), ASCII.lineFeed), (.sizeLineFeed(let size), ASCII.lineFeed):
            return size == 0 ? .trailer(line: 0, total: 0) : .data(size)
        case (.extension(let size, let length), _) where Self.isText(byte) && length < Self.longestExtension:
            return .extension(size: size, length: length + 1)
        case (.dataEnd, ASCII.carriageReturn):
            return .dataLineFeed
        case (.dataEnd, ASCII.lineFeed), (.dataLineFeed, ASCII.lineFeed):
            return .size(value: 0, digits: 0)
        case (.trailer(let line, let total), ASCII.carriageReturn):
            return .trailerLineFeed(line: line, total: total)
        case (.trailer(let line, let total), ASCII.lineFeed), (.trailerLineFeed(let line, let total), ASCII.lineFeed):
            return line == 0 ? .ended : .trailer(line: 0, total: total + 1)
        case (.trailer(let line, let total), _) where Self.isText(byte) && total < Self.longestTrailer:
            return .trailer(line: line + 1, total: total + 1)
        default:
            throw WireError(.badRequest, "The chunked body is malformed.")
        }
    }

    private static func size(_ byte: UInt8, value: Int, digits: Int) throws(WireError) -> State {
        if let digit = ASCII.hexValue(byte), digits < Self.longestSize {
            let size = value << 4 | Int(digit)
            guard size <= Self.largestChunk else {
                throw WireError(.contentTooLarge, "A chunk is larger than \(Self.largestChunk) bytes.")
            }
            return .size(value: size, digits: digits + 1)
        }
        let isEnd = byte == ASCII.carriageReturn || byte == ASCII.lineFeed
        guard digits > 0, isEnd || byte == UInt8(ascii: ";") || ASCII.isBlank(byte) else {
            throw WireError(.badRequest, "A chunk must begin with its size in hexadecimal digits.")
        }
        return isEnd
            ? try Self.framing(byte, in: .extension(size: value, length: 0)) : .extension(size: value, length: 1)
    }

    private static func isText(_ byte: UInt8) -> Bool {
        byte >= ASCII.space && byte != 0x7F || byte == ASCII.tab
    }
}

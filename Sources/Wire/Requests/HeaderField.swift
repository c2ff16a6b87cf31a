// HeaderField: where one header lies in the bytes of a head.

/// Where one header lies in the bytes of a head: eight bytes instead of two strings.
struct HeaderField: Sendable {
    private let nameStart: UInt16
    private let nameEnd: UInt16
    private let valueStart: UInt16
    private let valueEnd: UInt16

    var name: Range<Int> { Int(self.nameStart)..<Int(self.nameEnd) }
    var value: Range<Int> { Int(self.valueStart)..<Int(self.valueEnd) }

    /// Reads a header line; a line that folds the one before (RFC 9112 §5.2) has a blank where the name must be.
    init(parsing line: Range<Int>, of bytes: UnsafeRawBufferPointer) throws(WireError) {
        var index = line.lowerBound
        while index < line.upperBound, ASCII.isToken(bytes[index]) { index += 1 }
        guard index > line.lowerBound, index < line.upperBound, bytes[index] == UInt8(ascii: ":") else {
            throw WireError(.badRequest, "A header must be a name, a colon and a value on one line.")
        }
        let value = ASCII.trimmed((index + 1)..<line.upperBound, of: bytes)
        self.nameStart = UInt16(line.lowerBound)
        self.nameEnd = UInt16(index)
        self.valueStart = UInt16(value.lowerBound)
        self.valueEnd = UInt16(value.upperBound)
    }
}

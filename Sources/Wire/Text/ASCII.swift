// ASCII: byte questions that every parser here asks.

/// Byte questions that every parser here asks; none of them makes a `String`.
enum ASCII {
    static let tab: UInt8 = 0x09
    static let lineFeed: UInt8 = 0x0A
    static let carriageReturn: UInt8 = 0x0D
    static let space: UInt8 = 0x20

    /// One bit per byte below 128 that RFC 9110 §5.6.2 allows in a token.
    private static let tokenBits: (low: UInt64, high: UInt64) = (0x03FF_6CFA_0000_0000, 0x57FF_FFFF_C7FF_FFFE)

    @inline(__always)
    static func isToken(_ byte: UInt8) -> Bool {
        guard byte < 128 else { return false }
        let bits = byte < 64 ? Self.tokenBits.low : Self.tokenBits.high
        return (bits >> UInt64(byte & 63)) & 1 == 1
    }

    @inline(__always)
    static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

    @inline(__always)
    static func isBlank(_ byte: UInt8) -> Bool { byte == Self.space || byte == Self.tab }

    @inline(__always)
    static func lowercased(_ byte: UInt8) -> UInt8 {
        byte &- 0x41 < 26 ? byte | 0x20 : byte
    }

    /// The value of a hexadecimal digit, or `nil`.
    @inline(__always)
    static func hexValue(_ byte: UInt8) -> UInt8? {
        if Self.isDigit(byte) { return byte &- 0x30 }
        let letter = Self.lowercased(byte) &- 0x61
        return letter < 6 ? letter &+ 10 : nil
    }

    /// Whether two runs of bytes are the same but for the case of ASCII letters.
    @inline(__always)
    static func equalsIgnoringCase(_ left: UnsafeRawBufferPointer, _ right: UnsafeBufferPointer<UInt8>) -> Bool {
        guard left.count == right.count else { return false }
        for index in 0..<left.count where self.lowercased(left[index]) != self.lowercased(right[index]) {
            return false
        }
        return true
    }

    /// The range without the blanks at both of its ends.
    static func trimmed(_ range: Range<Int>, of bytes: UnsafeRawBufferPointer) -> Range<Int> {
        var (lower, upper) = (range.lowerBound, range.upperBound)
        while lower < upper, Self.isBlank(bytes[lower]) { lower += 1 }
        while lower < upper, Self.isBlank(bytes[upper - 1]) { upper -= 1 }
        return lower..<upper
    }

    /// The first control character (below 0x20, or 0x7F) in a range.
    ///
    /// Eight bytes are looked at together, which is what makes a head cheap.
    static func firstControl(in bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> Int? {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let tops: UInt64 = 0x8080_8080_8080_8080
        var index = range.lowerBound
        while index + 8 <= range.upperBound {
            let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
            let deletes = word ^ (ones &* 0x7F)
            // The lowest bit of each term is exact; borrows only reach the bytes above it.
            let hits = ((word &- (ones &* 0x20)) & ~word & tops) | ((deletes &- ones) & ~deletes & tops)
            if hits != 0 { return index + hits.trailingZeroBitCount / 8 }
            index += 8
        }
        while index < range.upperBound {
            if bytes[index] < 0x20 || bytes[index] == 0x7F { return index }
            index += 1
        }
        return nil
    }
}

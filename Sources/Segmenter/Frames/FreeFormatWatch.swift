// FreeFormatWatch: recognises free-format MP3 in order to refuse it by name.

/// Recognises free-format MP3 by three like headers at equal distances.
///
/// Such frames have a constant length that no header tells (ISO/IEC 11172-3 §2.4.2.3). One header alone may be chance;
/// the operator is to read the true reason, not that nothing was found.
struct FreeFormatWatch: Sendable {
    /// The bits that stay the same in a stream: all but padding, private bit and mode extension.
    private static let constantBits: UInt32 = 0xFFFF_FCCF
    /// From the shortest to beyond the longest frame that encoders make.
    private static let distances = Int64(24)...8_192
    /// Padding is one slot, which is four bytes in layer I.
    private static let tolerance: Int64 = 4

    private var pattern: UInt32 = 0
    private var position: Int64 = 0
    private var distance: Int64?

    /// Notes a header at a position of the stream; whether it is the third in a row.
    mutating func isThird(_ word: UInt32, at position: Int64) -> Bool {
        let pattern = word & Self.constantBits
        let distance = position - self.position
        let isRepeated = pattern == self.pattern && Self.distances.contains(distance)
        let isThird = isRepeated && self.distance.map { abs($0 - distance) <= Self.tolerance } ?? false
        self.pattern = pattern
        self.position = position
        self.distance = isRepeated ? distance : nil
        return isThird
    }
}

// PercentDecoding: percent-encoded bytes, decoded one at a time.

/// Percent-encoded bytes (RFC 3986 §2.1), decoded one at a time, so that a key can be compared without being copied.
///
/// A `%` without two hexadecimal digits behind it stands for itself: encoders send titles like `100% Hits` unescaped.
struct PercentDecoding: Sequence, IteratorProtocol {
    private let bytes: Slice<UnsafeRawBufferPointer>
    private let plusIsSpace: Bool
    private var index: Int

    init(_ bytes: Slice<UnsafeRawBufferPointer>, plusIsSpace: Bool) {
        self.bytes = bytes
        self.plusIsSpace = plusIsSpace
        self.index = bytes.startIndex
    }

    mutating func next() -> UInt8? {
        guard self.index < self.bytes.endIndex else { return nil }
        let byte = self.bytes[self.index]
        self.index += 1
        if byte == UInt8(ascii: "+"), self.plusIsSpace { return ASCII.space }
        guard byte == UInt8(ascii: "%"), self.index + 1 < self.bytes.endIndex,
            let high = ASCII.hexValue(self.bytes[self.index]),
            let low = ASCII.hexValue(self.bytes[self.index + 1])
        else { return byte }
        self.index += 2
        return high << 4 | low
    }
}

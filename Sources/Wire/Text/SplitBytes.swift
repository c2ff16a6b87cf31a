// SplitBytes: the elements of a list, one range at a time.

/// The elements between separators, one range at a time: `split` without its array.
struct SplitBytes {
    private let bytes: UnsafeRawBufferPointer
    private let separator: UInt8
    private var start = 0

    init(_ bytes: UnsafeRawBufferPointer, at separator: UInt8) {
        self.bytes = bytes
        self.separator = separator
    }

    /// The next element, which may be empty; `nil` after the last.
    mutating func next() -> Range<Int>? {
        guard self.start <= self.bytes.count else { return nil }
        var end = self.start
        while end < self.bytes.count, self.bytes[end] != self.separator { end += 1 }
        defer { self.start = end + 1 }
        return self.start..<end
    }
}

// ByteRange: the part of a body that a client wants.

/// The part of a body that a client wants (RFC 9110 §14.1.2); several ranges at once are answered with the whole.
enum ByteRange: Hashable {
    case whole
    case part(Range<Int>)
    case unsatisfiable

    /// Reads a `Range` header for a body of `length` bytes; what is not understood is ignored, as the RFC asks.
    init(_ header: String?, length: Int) {
        guard let header, header.hasPrefix("bytes="), !header.contains(",") else {
            self = .whole
            return
        }
        let ends = header.dropFirst(6).split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        guard ends.count == 2, ends.allSatisfy({ $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }) else {
            self = .whole
            return
        }
        switch (Self.number(ends[0]), Self.number(ends[1])) {
        case (let first?, let last?) where first <= last:
            self = first < length ? .part(first..<min(last, length - 1) + 1) : .unsatisfiable
        case (let first?, nil) where ends[1].isEmpty:
            self = first < length ? .part(first..<length) : .unsatisfiable
        case (nil, let suffix?) where ends[0].isEmpty:
            self = suffix == 0 || length == 0 ? .unsatisfiable : .part(max(0, length - min(suffix, length))..<length)
        default:
            self = .whole
        }
    }

    /// A number of digits; one that no body can reach is as good as the largest.
    private static func number(_ digits: Substring) -> Int? {
        digits.isEmpty ? nil : Int(digits) ?? .max
    }
}

// TimeParameter: where in time a request wants to begin.

package import Segmenter
package import Wire

/// Where in time a request wants to begin: `?timestamp=T` or `?offset=S`.
package enum TimeParameter: Hashable, Sendable {
    /// The newest audio.
    case live
    /// The first frame not before a moment.
    case moment(Timestamp)
    /// So many milliseconds behind live.
    case behind(Int64)

    /// Why a parameter could not be read, with what is accepted.
    package struct Failure: Error, Hashable {
        package let message: String
    }

    /// The farthest moment that is read as a time, the end of the year 9999.
    private static let latestMillisecond: Int64 = 253_402_300_799_999

    /// Reads the parameters of a query; `timestamp` decides when both are there.
    package init(_ query: QueryParameters) throws(Failure) {
        if let text = query["timestamp"] {
            guard let moment = Self.moment(text) else {
                throw Failure(
                    message: "timestamp must be a time with its zone such as 2026-10-05T09:00:00Z, or seconds or"
                        + " milliseconds since 1970"
                )
            }
            self = .moment(moment)
        } else if let text = query["offset"] {
            guard let distance = Self.distance(text) else {
                throw Failure(message: "offset must be seconds behind live such as 90, or 10m, or 1h30m")
            }
            self = .behind(distance)
        } else {
            self = .live
        }
    }

    /// A moment: RFC 3339 with zone, or a decimal number, milliseconds from 1e11 on and else seconds.
    package static func moment(_ text: String) -> Timestamp? {
        if let time = Timestamp(rfc3339: text) { return time }
        guard let thousandths = Self.thousandths(text) else { return nil }
        let milliseconds = thousandths >= 100_000_000_000_000 ? thousandths / 1_000 : thousandths
        return milliseconds <= Self.latestMillisecond ? Timestamp(milliseconds: milliseconds) : nil
    }

    /// A distance in milliseconds: `90`, `12.5`, `45s`, `10m`, `1h30m`, `2d`.
    static func distance(_ text: String) -> Int64? {
        if let seconds = Self.thousandths(text) { return seconds }
        var total: Int64 = 0
        var digits = ""
        var smallest = Int64.max
        for character in text {
            if character.isASCII, character.isNumber {
                digits.append(character)
                continue
            }
            guard let unit = Self.units[character], unit < smallest, digits.utf8.count <= 9, let count = Int64(digits)
            else { return nil }
            smallest = unit
            total += count * unit
            digits = ""
        }
        return digits.isEmpty && smallest != .max ? total : nil
    }

    private static let units: [Character: Int64] = ["s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000]

    /// A plain decimal number in thousandths; no sign, exponent or more than 15 digits before the point.
    private static func thousandths(_ text: String) -> Int64? {
        let pieces = text.split(separator: ".", omittingEmptySubsequences: false)
        guard (1...2).contains(pieces.count), (1...15).contains(pieces[0].utf8.count) else { return nil }
        guard pieces.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }),
            let whole = Int64(pieces[0])
        else { return nil }
        var fraction: Int64 = 0
        var scale: Int64 = 100
        for digit in pieces.count == 2 ? pieces[1].utf8.prefix(3) : "".utf8.prefix(0) {
            fraction += Int64(digit - 0x30) * scale
            scale /= 10
        }
        return whole * 1_000 + fraction
    }
}

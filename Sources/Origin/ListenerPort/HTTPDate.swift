// HTTPDate: moments as HTTP writes them.

internal import Segmenter

/// Moments as HTTP writes them: `Mon, 05 Oct 2026 12:00:00 GMT` (RFC 9110 §5.6.7).
enum HTTPDate {
    private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    static func text(secondsSince1970 seconds: Int64) -> String {
        // RFC 3339 has the calendar already: 2026-10-05T12:00:00.000Z.
        let iso = Timestamp(milliseconds: seconds * 1_000).rfc3339
        let fields = iso.split { $0 == "-" || $0 == "T" || $0 == "." }
        guard fields.count >= 4, let month = Int(fields[1]), (1...12).contains(month) else { return "" }
        let day = Self.days[Int(((seconds / 86_400) % 7 + 7) % 7)]
        return "\(day), \(fields[2]) \(Self.months[month - 1]) \(fields[0]) \(fields[3]) GMT"
    }
}

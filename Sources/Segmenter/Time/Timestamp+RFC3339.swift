// Timestamp+RFC3339: moments written and read as text (RFC 3339).

package import NIOCore

extension Timestamp {
    private static let millisecondsPerDay: Int64 = 86_400_000
    /// 0000-01-01T00:00:00.000Z to 9999-12-31T23:59:59.999Z: RFC 3339 has years of four digits only.
    private static let writable: ClosedRange<Int64> = -62_167_219_200_000...253_402_300_799_999

    /// The moment in UTC with milliseconds, as in `2026-10-05T12:00:00.960Z`.
    ///
    /// A moment outside the years 0000 to 9999 is written as the nearest one inside.
    package var rfc3339: String {
        var text = ByteBuffer()
        self.writeRFC3339(to: &text)
        return String(buffer: text)
    }

    /// Appends `rfc3339` to a buffer, 24 octets, without making a `String`.
    package func writeRFC3339(to buffer: inout ByteBuffer) {
        let milliseconds = min(max(self.milliseconds, Self.writable.lowerBound), Self.writable.upperBound)
        let day = milliseconds.flooredQuotient(dividingBy: Self.millisecondsPerDay)
        let date = CivilDate(daysSinceEpoch: day)
        let (seconds, fraction) = (milliseconds - day * Self.millisecondsPerDay).quotientAndRemainder(dividingBy: 1_000)

        buffer.writeMultipleIntegers(
            Self.twoDigits(date.year / 100),
            Self.twoDigits(date.year % 100),
            UInt8(ascii: "-"),
            Self.twoDigits(date.month),
            UInt8(ascii: "-"),
            Self.twoDigits(date.day),
            UInt8(ascii: "T")
        )
        buffer.writeMultipleIntegers(
            Self.twoDigits(seconds / 3_600),
            UInt8(ascii: ":"),
            Self.twoDigits(seconds / 60 % 60),
            UInt8(ascii: ":"),
            Self.twoDigits(seconds % 60),
            UInt8(ascii: "."),
            Self.twoDigits(fraction / 10),
            UInt8(ascii: "0") + UInt8(fraction % 10),
            UInt8(ascii: "Z")
        )
    }

    /// Reads an RFC 3339 date and time with its zone, or returns `nil`.
    ///
    /// Beyond the grammar of RFC 3339 §5.6 it takes a space for the zone's `+`, which is what a query string makes of
    /// one that was not escaped. Of a fraction (1 to 9 digits) the milliseconds count and the rest is dropped. A leap
    /// second (`23:59:60` in UTC) has no place in this time scale and reads as the last millisecond before it.
    package init?(rfc3339 text: some StringProtocol) {
        var reader = RFC3339Reader(text)
        guard let milliseconds = reader.readMoment() else { return nil }
        self.init(milliseconds: milliseconds)
    }

    /// Two ASCII digits, in the order in which a big endian integer is written.
    private static func twoDigits(_ value: Int64) -> UInt16 {
        0x3030 + UInt16(value / 10) << 8 + UInt16(value % 10)
    }
}

/// A day of the proleptic Gregorian calendar.
private struct CivilDate {
    let year: Int64
    let month: Int64
    let day: Int64

    /// Finds the date of a day, counted from 1970-01-01.
    ///
    /// Years are counted from March, so that the leap day is the last of its year, and in eras of 400 years, which are
    /// all of 146,097 days (Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`).
    init(daysSinceEpoch days: Int64) {
        let daysSinceMarch0000 = days + 719_468
        let era = daysSinceMarch0000.flooredQuotient(dividingBy: 146_097)
        let dayOfEra = daysSinceMarch0000 - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153

        self.day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        self.month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        self.year = yearOfEra + era * 400 + (self.month <= 2 ? 1 : 0)
    }

    /// Makes a date, or returns `nil` if the month has no such day.
    init?(year: Int64, month: Int64, day: Int64) {
        guard (1...12).contains(month), day >= 1 else { return nil }
        let isLeapYear = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let length: Int64 =
            switch month {
            case 2: isLeapYear ? 29 : 28
            case 4, 6, 9, 11: 30
            default: 31
            }
        guard day <= length else { return nil }
        (self.year, self.month, self.day) = (year, month, day)
    }

    /// Days from 1970-01-01 (`days_from_civil` of the same paper).
    var daysSinceEpoch: Int64 {
        let yearFromMarch = self.month <= 2 ? self.year - 1 : self.year
        let era = yearFromMarch.flooredQuotient(dividingBy: 400)
        let yearOfEra = yearFromMarch - era * 400
        let monthFromMarch = self.month > 2 ? self.month - 3 : self.month + 9
        let dayOfYear = (153 * monthFromMarch + 2) / 5 + self.day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}

/// Reads one RFC 3339 moment from the octets of a text, strictly from left to right.
private struct RFC3339Reader<Text: StringProtocol> {
    private var rest: Text.UTF8View.SubSequence

    init(_ text: Text) {
        self.rest = text.utf8[...]
    }

    /// Milliseconds since the epoch, or `nil` if the text is anything but one moment.
    mutating func readMoment() -> Int64? {
        guard let year = self.readNumber(digits: 4), self.skip("-"), let month = self.readNumber(digits: 2),
            self.skip("-"), let day = self.readNumber(digits: 2), self.skip("T") || self.skip("t"),
            let hour = self.readNumber(digits: 2), self.skip(":"), let minute = self.readNumber(digits: 2),
            self.skip(":"), let second = self.readNumber(digits: 2), let fraction = self.readFraction(),
            let offset = self.readOffset(), self.rest.isEmpty,
            let date = CivilDate(year: year, month: month, day: day), hour < 24, minute < 60, second <= 60
        else { return nil }
        let minutes = (date.daysSinceEpoch * 24 + hour) * 60 + minute - offset
        guard second == 60 else { return (minutes * 60 + second) * 1_000 + fraction }
        // Leap seconds are the last of a UTC day (RFC 3339 §5.7).
        let isLastMinuteOfDay = (minutes + 1).isMultiple(of: 24 * 60)
        return isLastMinuteOfDay ? (minutes + 1) * 60_000 - 1 : nil
    }

    private mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard let first = self.rest.first, first == UInt8(ascii: character) else { return false }
        self.rest.removeFirst()
        return true
    }

    private mutating func readDigit() -> Int64? {
        guard let first = self.rest.first, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else { return nil }
        self.rest.removeFirst()
        return Int64(first - UInt8(ascii: "0"))
    }

    private mutating func readNumber(digits: Int) -> Int64? {
        var number: Int64 = 0
        for _ in 0..<digits {
            guard let digit = self.readDigit() else { return nil }
            number = number * 10 + digit
        }
        return number
    }

    /// Whole milliseconds of an optional fraction of at most nine digits.
    private mutating func readFraction() -> Int64? {
        guard self.skip(".") else { return 0 }
        var nanoseconds: Int64 = 0
        var unit: Int64 = 100_000_000
        while let digit = self.readDigit() {
            guard unit > 0 else { return nil }
            nanoseconds += digit * unit
            unit /= 10
        }
        return unit == 100_000_000 ? nil : nanoseconds / 1_000_000
    }

    /// Minutes that local time is ahead of UTC.
    private mutating func readOffset() -> Int64? {
        if self.skip("Z") || self.skip("z") { return 0 }
        let isBehind = self.skip("-")
        guard isBehind || self.skip("+") || self.skip(" "), let hours = self.readNumber(digits: 2), self.skip(":"),
            let minutes = self.readNumber(digits: 2), hours < 24, minutes < 60
        else { return nil }
        return (hours * 60 + minutes) * (isBehind ? -1 : 1)
    }
}

extension Int64 {
    /// The quotient rounded down, for a positive divisor: it belongs to the day that holds a moment, before 1970 too.
    fileprivate func flooredQuotient(dividingBy divisor: Int64) -> Int64 {
        let (quotient, remainder) = self.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}

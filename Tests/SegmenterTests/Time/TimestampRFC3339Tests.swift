// TimestampRFC3339Tests: moments written as text and read back.

import Foundation
import NIOCore
import Segmenter
import Testing

@Suite struct TimestampRFC3339Tests {
    @Test(
        "a moment is written in UTC with milliseconds",
        arguments: [
            (Int64(0), "1970-01-01T00:00:00.000Z"),
            (1_791_201_600_960, "2026-10-05T12:00:00.960Z"),
            (951_782_399_999, "2000-02-28T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (4_107_542_399_001, "2100-02-28T23:59:59.001Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
            (-62_167_219_200_000, "0000-01-01T00:00:00.000Z"),
            (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
        ]
    )
    func writes(milliseconds: Int64, text: String) {
        #expect(Timestamp(milliseconds: milliseconds).rfc3339 == text)
        #expect(Timestamp(rfc3339: text)?.milliseconds == milliseconds)
    }

    @Test("a moment beyond four digits of year is written as the nearest one that can be")
    func clamps() {
        #expect(Timestamp(milliseconds: .max).rfc3339 == "9999-12-31T23:59:59.999Z")
        #expect(Timestamp(milliseconds: .min).rfc3339 == "0000-01-01T00:00:00.000Z")
    }

    @Test("writing appends to what a buffer holds")
    func appends() {
        var buffer = ByteBuffer(string: "#EXT-X-PROGRAM-DATE-TIME:")
        Timestamp(milliseconds: 1_791_201_600_960).writeRFC3339(to: &buffer)
        #expect(String(buffer: buffer) == "#EXT-X-PROGRAM-DATE-TIME:2026-10-05T12:00:00.960Z")
    }

    @Test("every day of 800 years agrees with another calendar, both ways")
    func agreesWithFoundation() throws {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = try #require(TimeZone(secondsFromGMT: 0))
        // From 1600 on: Foundation's calendar is Julian before October 1582.
        for day in stride(from: Int64(-135_140), through: 157_057, by: 1) {
            let moment = Timestamp(milliseconds: day * 86_400_000 + 43_200_000)
            let date = Date(timeIntervalSince1970: Double(moment.milliseconds) / 1_000)
            let fields = calendar.dateComponents([.year, .month, .day], from: date)
            let text = moment.rfc3339
            let read = [text.prefix(4), text.dropFirst(5).prefix(2), text.dropFirst(8).prefix(2)].map { Int($0) }
            if read != [fields.year, fields.month, fields.day] || Timestamp(rfc3339: text) != moment {
                Issue.record("day \(day) is written \(text)")
            }
        }
    }

    @Test(
        "zones, fractions, lower case and the space of an unescaped plus are read",
        arguments: [
            ("2026-10-05T12:00:00Z", "2026-10-05T12:00:00.000Z"),
            ("2026-10-05t12:00:00z", "2026-10-05T12:00:00.000Z"),
            ("2026-10-05T12:00:00.5Z", "2026-10-05T12:00:00.500Z"),
            ("2026-10-05T12:00:00.123999999Z", "2026-10-05T12:00:00.123Z"),
            ("1969-12-31T23:59:59.9999Z", "1969-12-31T23:59:59.999Z"),
            ("2026-10-05T12:00:00+02:00", "2026-10-05T10:00:00.000Z"),
            ("2026-10-05T12:00:00 02:00", "2026-10-05T10:00:00.000Z"),
            ("2026-10-05T12:00:00.25-09:30", "2026-10-05T21:30:00.250Z"),
            ("2026-12-31T23:59:59-23:59", "2027-01-01T23:58:59.000Z"),
            ("2026-10-05T12:00:00-00:00", "2026-10-05T12:00:00.000Z"),
            ("2024-02-29T00:00:00Z", "2024-02-29T00:00:00.000Z"),
        ]
    )
    func reads(text: String, meaning: String) {
        #expect(Timestamp(rfc3339: text)?.rfc3339 == meaning)
        #expect(Timestamp(rfc3339: "<\(text)>".dropFirst().dropLast())?.rfc3339 == meaning)
    }

    @Test("a leap second is the last millisecond before it, and none is taken elsewhere in the day")
    func leapSeconds() {
        #expect(Timestamp(rfc3339: "2016-12-31T23:59:60Z")?.rfc3339 == "2016-12-31T23:59:59.999Z")
        #expect(Timestamp(rfc3339: "2017-01-01T00:59:60.7+01:00")?.rfc3339 == "2016-12-31T23:59:59.999Z")
        #expect(Timestamp(rfc3339: "2016-12-31T12:59:60Z") == nil)
        #expect(Timestamp(rfc3339: "2016-12-31T23:59:60+01:00") == nil)
        #expect(Timestamp(rfc3339: "2016-12-31T23:59:61Z") == nil)
    }

    @Test(
        "anything else is refused",
        arguments: [
            "", " ", "Z", "2026", "2026-10-05", "2026-10-05T12:00:00", "2026-10-05T12:00Z", "2026-10-05 12:00:00Z",
            "2026-10-05T12:00:00.Z", "2026-10-05T12:00:00.1234567890Z", "2026-10-05T12:00:00,5Z",
            "2026-10-05T24:00:00Z", "2026-10-05T12:60:00Z", "2026-13-05T12:00:00Z", "2026-00-05T12:00:00Z",
            "2026-10-00T12:00:00Z", "2026-09-31T12:00:00Z", "2026-02-29T12:00:00Z", "2100-02-29T12:00:00Z",
            "2026-10-05T12:00:00+24:00", "2026-10-05T12:00:00+02:60", "2026-10-05T12:00:00+0200",
            "2026-10-05T12:00:00+02", "2026-10-05T12:00:00Z ", " 2026-10-05T12:00:00Z", "+2026-10-05T12:00:00Z",
            "-026-10-05T12:00:00Z", "12026-10-05T12:00:00Z", "2026-1-5T12:00:00Z", "2026-10-05T12:00:00ZZ",
            "２０２６-10-05T12:00:00Z", "2026-10-05T12:00:00Z\0", "2026\u{2212}10-05T12:00:00Z",
        ]
    )
    func refuses(text: String) {
        #expect(Timestamp(rfc3339: text) == nil)
    }

    @Test("mangled moments of any kind are read or refused, and never trap")
    func survivesMangling() {
        var generator = SystemRandomNumberGenerator()
        let alphabet = Array("0123456789-:.TZtz+ \0é9".unicodeScalars)
        for _ in 0..<20_000 {
            var text = Array("2026-10-05T12:00:00.123456789+02:00".unicodeScalars)
            for _ in 0..<Int.random(in: 1...6, using: &generator) {
                let index = Int.random(in: 0..<text.count, using: &generator)
                if Bool.random(using: &generator) {
                    text[index] = alphabet.randomElement(using: &generator) ?? "9"
                } else {
                    text.remove(at: index)
                }
            }
            var string = String.UnicodeScalarView()
            string.append(contentsOf: text)
            guard let moment = Timestamp(rfc3339: String(string)) else { continue }
            #expect(Timestamp(rfc3339: moment.rfc3339) == moment)
        }
    }
}

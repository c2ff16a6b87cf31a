// TimeParameterTests: the times that a request may name.

import NIOCore
import Segmenter
import Testing
import Wire

@testable import Origin

@Suite struct TimeParameterTests {
    private func read(_ query: String) throws(TimeParameter.Failure) -> TimeParameter {
        try TimeParameter(QueryParameters(ByteBuffer(string: query), plusIsSpace: false))
    }

    @Test(
        "moments in every accepted form",
        arguments: [
            ("2026-10-05T09:00:00Z", 1_791_190_800_000), ("2026-10-05T09:00:00.125Z", 1_791_190_800_125),
            ("2026-10-05T11:00:00%2B02:00", 1_791_190_800_000), ("2026-10-05T11:00:00+02:00", 1_791_190_800_000),
            ("2026-10-05T11:00:00%2002:00", 1_791_190_800_000), ("2026-10-05T05:00:00-04:00", 1_791_190_800_000),
            ("1791190800", 1_791_190_800_000), ("1791190800.5", 1_791_190_800_500),
            ("1791190800000", 1_791_190_800_000),
            ("1791190800000.9", 1_791_190_800_000), ("0", 0), ("99999999999", 99_999_999_999_000),
            ("100000000000", 100_000_000_000), ("99999999999.999", 99_999_999_999_999), ("0.0019", 1),
        ] as [(String, Int64)]
    )
    func moments(text: String, milliseconds: Int64) throws {
        #expect(try self.read("timestamp=\(text)") == .moment(Timestamp(milliseconds: milliseconds)))
    }

    @Test(
        "distances in every accepted form",
        arguments: [
            ("90", 90_000), ("12.5", 12_500), ("0", 0), ("45s", 45_000), ("10m", 600_000), ("1h30m", 5_400_000),
            ("2d", 172_800_000), ("1d2h3m4s", 93_784_000), ("0.001", 1), ("999999999999999", 999_999_999_999_999_000),
            ("999999999d", 86_399_999_913_600_000),
        ] as [(String, Int64)]
    )
    func distances(text: String, milliseconds: Int64) throws {
        #expect(try self.read("offset=\(text)") == .behind(milliseconds))
    }

    @Test(
        "nonsense is refused",
        arguments: [
            "", "-1", "+5", "1e9", "1e400", "0x10", "NaN", "inf", ".", "1.", ".5", "1..2", "1.2.3", "１", "now",
            "yesterday", "99999999999999999999", "253402300800000", "9999999999999999", "2026-10-05",
            "2026-10-05T09:00:00", "2026-13-05T09:00:00Z", "2026-02-30T09:00:00Z", "2026-10-05T25:00:00Z", "%00",
            "5%00", "%F0%9F%95%92",
        ]
    )
    func wrongMoments(text: String) {
        #expect(throws: TimeParameter.Failure.self) { try self.read("timestamp=\(text)") }
    }

    @Test(
        "nonsense is refused as a distance",
        arguments: [
            "", "-1", "1h30", "30m1h", "10m10m", "h", "m5", "1H", "1w", "1.5h", "9999999999d", "1m\u{301}", "5 m",
            "1e3", "9999999999999999", "m", "１m", "1h-5m", "1\r\n",
        ]
    )
    func wrongDistances(text: String) {
        #expect(throws: TimeParameter.Failure.self) { try self.read("offset=\(text)") }
    }

    @Test("without either it is live; a timestamp comes before an offset, and a refusal says what is accepted")
    func precedence() throws {
        #expect(try self.read("") == .live)
        #expect(try self.read("other=1&time=5") == .live)
        #expect(try self.read("offset=90&timestamp=1791190800") == .moment(Timestamp(milliseconds: 1_791_190_800_000)))
        do throws(TimeParameter.Failure) {
            _ = try self.read("timestamp=x")
            Issue.record("x is no time")
        } catch {
            #expect(error.message.contains("timestamp") && error.message.contains("2026-10-05T09:00:00Z"))
        }
        #expect(throws: TimeParameter.Failure.self) { try self.read("timestamp") }
    }

    @Test("no text of any bytes crashes")
    func fuzz() {
        var state: UInt64 = 1
        let alphabet = Array("0123456789.-:TZ+hmsd%/ \u{7F}".utf8)
        for _ in 0..<5_000 {
            var text: [UInt8] = []
            for _ in 0..<Int(state >> 59) {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                text.append(alphabet[Int(state >> 33) % alphabet.count])
            }
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let value = String(decoding: text, as: UTF8.self)
            if let moment = TimeParameter.moment(value) { #expect(moment.milliseconds <= 253_402_300_799_999) }
            if let distance = TimeParameter.distance(value) { #expect(distance >= 0) }
        }
    }
}

// PresentationTimeTests: sample numbers to 90 kHz.

import HLS
import Testing

@Suite struct PresentationTimeTests {
    private static let rates: [Int32] = [8_000, 11_025, 22_050, 24_000, 32_000, 44_100, 48_000, 88_200, 96_000]

    /// The definition itself, in integers wide enough for it.
    private static func ticks(_ sample: Int64, _ rate: Int32) -> Int64 {
        let product = Int128(sample) * 90_000
        var quotient = product / Int128(rate)
        if product % Int128(rate) < 0 { quotient -= 1 }
        let wrapped = quotient % (Int128(1) << 33)
        return Int64(wrapped < 0 ? wrapped + Int128(1) << 33 : wrapped)
    }

    @Test("the time of any sample number is exact, and none overflows", arguments: Self.rates)
    func isExact(rate: Int32) {
        var generator = SystemRandomNumberGenerator()
        let endOfCentury = Int64(4_102_444_800) * Int64(rate)
        var samples = [.min, .min + 1, -1, 0, 1, endOfCentury, .max - 1, .max]
        for _ in 0..<2_000 { samples.append(.random(in: 0...endOfCentury, using: &generator)) }
        for _ in 0..<2_000 { samples.append(.random(in: .min ... .max, using: &generator)) }
        for sample in samples {
            #expect(PresentationTime(sample: sample, sampleRate: rate).ticks == Self.ticks(sample, rate))
        }
    }

    @Test("the count passes 2^32 and wraps at 2^33, not before and not after")
    func wraps() {
        // At 45,000 Hz a sample is two ticks.
        #expect(PresentationTime(sample: 1 << 31 - 1, sampleRate: 45_000).ticks == 1 << 32 - 2)
        #expect(PresentationTime(sample: 1 << 31, sampleRate: 45_000).ticks == 1 << 32)
        #expect(PresentationTime(sample: 1 << 32 - 1, sampleRate: 45_000).ticks == 1 << 33 - 2)
        #expect(PresentationTime(sample: 1 << 32, sampleRate: 45_000).ticks == 0)
        #expect(PresentationTime(sample: 1 << 32 + 1, sampleRate: 45_000).ticks == 2)
    }
}

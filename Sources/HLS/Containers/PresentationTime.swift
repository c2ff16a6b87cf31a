// PresentationTime: the 33-bit time stamp of MPEG-2 systems and of packed audio.

/// A time of MPEG-2 systems: 1/90,000 s, counted in 33 bits (ISO/IEC 13818-1 §2.4.3.6).
///
/// It follows from the absolute number of a sample and is never accumulated: rounding errors do not add up, and two
/// servers that count the same samples write the same time.
package struct PresentationTime: Hashable, Sendable {
    package static let ticksPerSecond: Int64 = 90_000
    /// Where the count begins again at 0, every 26.5 hours.
    package static let modulus: Int64 = 1 << 33

    /// 0 up to `modulus - 1`.
    package let ticks: Int64

    /// Makes the time of a sample, rounded down: `floor(sample * 90,000 / sampleRate) mod 2^33`.
    ///
    /// Whole seconds are reduced before they are multiplied, so that the result is exact for every sample number.
    package init(sample: Int64, sampleRate: Int32) {
        precondition(sampleRate > 0, "audio has a sample rate")
        var (seconds, remainder) = sample.quotientAndRemainder(dividingBy: Int64(sampleRate))
        if remainder < 0 {
            seconds -= 1
            remainder += Int64(sampleRate)
        }
        // In two's complement the low bits are the remainder of a division rounded down.
        let wrappedSeconds = seconds & (Self.modulus - 1)
        let ticks = wrappedSeconds * Self.ticksPerSecond + remainder * Self.ticksPerSecond / Int64(sampleRate)
        self.ticks = ticks & (Self.modulus - 1)
    }
}

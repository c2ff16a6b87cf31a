// Bandwidth: the bit rates of a variant, measured from its segments.

package import Segmenter

/// The bit rates that a multivariant playlist declares of a variant, in bits per second (RFC 8216 §4.3.4.2).
package struct Bandwidth: Hashable, Sendable {
    /// That of the segment that is largest for its duration.
    ///
    /// A peak is measured over runs of 0.5 to 1.5 target durations: of slots of one length, that is one segment.
    package let peak: Int64
    package let average: Int64

    package init(peak: Int64, average: Int64) {
        self.peak = peak
        self.average = average
    }

    /// Measures complete segments as they are served in a container, its own octets included; `nil` if there are none.
    ///
    /// Both rates are rounded up.
    package init?(of segments: some Sequence<Segment>, in container: Container, grid: SlotGrid) {
        var peak: Int64 = 0
        var total = (bits: Int64(0), microseconds: Int64(0))
        for segment in segments where segment.isComplete && segment.sampleCount > 0 {
            let bits = Int64(container.byteCount(of: segment, grid: grid)) * 8
            let microseconds = segment.sampleCount * 1_000_000 / Int64(segment.header.format.sampleRate)
            peak = max(peak, Self.rate(bits: bits, microseconds: microseconds))
            total.bits += bits
            total.microseconds += microseconds
        }
        guard total.microseconds > 0 else { return nil }
        self.init(peak: peak, average: Self.rate(bits: total.bits, microseconds: total.microseconds))
    }

    private static func rate(bits: Int64, microseconds: Int64) -> Int64 {
        (bits * 1_000_000 + microseconds - 1) / microseconds
    }
}

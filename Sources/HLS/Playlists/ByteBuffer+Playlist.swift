// ByteBuffer+Playlist: numbers as playlists write them.

import NIOCore

extension ByteBuffer {
    /// Appends a tag with a whole number, and ends the line.
    mutating func writeLine(_ tag: StaticString, _ value: Int64) {
        self.writeStaticString(tag)
        self.writeDecimal(value)
        self.writeStaticString("\n")
    }

    /// Appends a whole number; Swift keeps up to 15 digits without allocating.
    mutating func writeDecimal(_ value: Int64) {
        self.writeString(String(value))
    }

    /// Appends a duration in seconds with five decimals, rounded half up from the sample count.
    ///
    /// A sum over a playlist of an hour is then right to 3 ms, where RFC 8216bis §4.4.4.1 asks for a video frame.
    mutating func writeSeconds(ofSamples samples: Int64, sampleRate: Int32) {
        let rate = Int64(sampleRate)
        let (seconds, rest) = samples.quotientAndRemainder(dividingBy: rate)
        let fraction = (rest * 200_000 + rate) / (2 * rate)
        // Rounding may carry into the seconds; the leading 1 of 1xxxxx keeps the fraction's zeros.
        self.writeDecimal(seconds + fraction / 100_000)
        self.writeStaticString(".")
        self.writeSubstring(String(100_000 + fraction % 100_000).dropFirst())
    }
}

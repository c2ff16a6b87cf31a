// ByteBufferPlaylistTests: durations in decimals.

import NIOCore
import Testing

@testable import HLS

@Suite struct ByteBufferPlaylistTests {
    private static func seconds(_ samples: Int64, _ rate: Int32) -> String {
        var buffer = ByteBuffer()
        buffer.writeSeconds(ofSamples: samples, sampleRate: rate)
        return String(buffer: buffer)
    }

    @Test(
        "seconds are rounded half up to five decimals, carried, and keep their zeros",
        arguments: [
            (276_480, 48_000, "5.76000"), (254_592, 44_100, "5.77306"), (253_440, 44_100, "5.74694"),
            (0, 44_100, "0.00000"), (48_000, 48_000, "1.00000"), (1, 48_000, "0.00002"),
            (1, 200_000, "0.00001"), (1, 200_001, "0.00000"), (199_999, 200_000, "1.00000"), (3, 64_000, "0.00005"),
            (1_199_999, 200_000, "6.00000"),
        ] as [(Int64, Int32, String)]
    )
    func roundsSeconds(samples: Int64, rate: Int32, text: String) {
        #expect(Self.seconds(samples, rate) == text)
    }

    @Test("whole numbers are written in full")
    func writesNumbers() {
        var buffer = ByteBuffer()
        buffer.writeLine("#EXT-X-MEDIA-SEQUENCE:", 310_972_500)
        buffer.writeDecimal(.max)
        #expect(String(buffer: buffer) == "#EXT-X-MEDIA-SEQUENCE:310972500\n9223372036854775807")
    }
}

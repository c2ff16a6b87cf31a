// AudioFormatCodecStringTests: formats as CODECS names them.

import HLS
import Segmenter
import Testing

@Suite struct AudioFormatCodecStringTests {
    @Test(
        "AAC is named by its object type",
        arguments: [(1, "mp4a.40.1"), (2, "mp4a.40.2"), (5, "mp4a.40.5")] as [(UInt8, String)]
    )
    func aac(profile: UInt8, name: String) {
        let format = AudioFormat(codec: .aac, profile: profile, channels: 2, sampleRate: 48_000, samplesPerFrame: 1_024)
        #expect(format.codecString == name)
    }

    @Test(
        "MPEG audio is named by its layer, in each MPEG version",
        arguments: [UInt8(0), 2, 3],
        [(1, "mp4a.40.34"), (2, "mp4a.40.33"), (3, "mp4a.40.32")] as [(UInt8, String)]
    )
    func mpeg(version: UInt8, layer: (bits: UInt8, name: String)) {
        let format = AudioFormat(
            codec: .mp3,
            profile: version << 2 | layer.bits,
            channels: 2,
            sampleRate: 48_000,
            samplesPerFrame: 1_152
        )
        #expect(format.codecString == layer.name)
    }
}

// TestAudio: frames with a number inside, in any format that the log holds.

import NIOCore
import Segmenter
import Testing

/// An encoder whose frames are small and end with their number, so that no two are alike.
struct TestAudio: Sendable {
    let format: AudioFormat
    private let header: [UInt8]
    private let length: Int
    /// Octets by which a frame may be longer.
    private let spread: Int

    private static let rates: [Int32] = [
        96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350,
    ]

    /// Stereo AAC-LC in ADTS; with `spread` the frames differ in length.
    static func aac(rate: Int32 = 48_000, blocks: Int = 1, spread: Int = 0) -> TestAudio {
        let index = UInt8(self.rates.firstIndex(of: rate) ?? 3)
        let format = AudioFormat(
            codec: .aac,
            profile: 2,
            channels: 2,
            sampleRate: rate,
            samplesPerFrame: Int32(1_024 * blocks)
        )
        let header: [UInt8] = [0xFF, 0xF1, 0x40 | index << 2, 0x80, 0, 0x1F, 0xFC | UInt8(blocks - 1)]
        return TestAudio(format: format, header: header, length: 15, spread: spread)
    }

    /// Layer III at its lowest bit rate: stereo from 32 kHz on, mono below.
    static func mp3(rate: Int32 = 48_000) throws -> TestAudio {
        let isMPEG1 = rate >= 32_000
        let index = try #require(
            [44_100, 48_000, 32_000, 22_050, 24_000, 16_000].firstIndex(of: rate).map { UInt8($0 % 3) }
        )
        let header: [UInt8] = [0xFF, isMPEG1 ? 0xFB : 0xF3, 0x10 | index << 2, isMPEG1 ? 0x00 : 0xC0]
        let length = isMPEG1 ? 144 * 32_000 / Int(rate) : 72 * 8_000 / Int(rate)
        let known = try #require(MPEGAudioHeader(ByteBuffer(bytes: header + Array(repeating: 0, count: length))))
        return TestAudio(format: known.format, header: header, length: length, spread: 0)
    }

    func frame(_ number: Int) -> Frame {
        var bytes = ByteBuffer(bytes: self.header)
        let length = self.length + (self.spread > 0 ? number * 7 % self.spread : 0)
        if self.format.codec == .aac {
            bytes.setInteger(UInt8(0x80 | length >> 11), at: 3)
            bytes.setInteger(UInt8(length >> 3 & 0xFF), at: 4)
            bytes.setInteger(UInt8(length & 7) << 5 | 0x1F, at: 5)
        }
        bytes.writeRepeatingByte(0, count: length - self.header.count - 8)
        bytes.writeInteger(Int64(number))
        return Frame(bytes: bytes, format: self.format)
    }

    /// The number inside a frame.
    static func number(_ frame: ByteBuffer) -> Int? {
        frame.getInteger(at: frame.writerIndex - 8, as: Int64.self).map { Int($0) }
    }
}

extension Frame {
    /// Microseconds that the frame lasts.
    var length: Int64 { Int64(self.format.samplesPerFrame) * 1_000_000 / Int64(self.format.sampleRate) }
}

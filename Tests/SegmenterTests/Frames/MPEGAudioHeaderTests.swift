// MPEGAudioHeaderTests: the four bytes against the standard's tables and every bit pattern.

import NIOCore
import Testing

@testable import Segmenter

struct MPEGAudioHeaderTests {
    private func header(_ word: UInt32) throws -> MPEGAudioHeader {
        guard case .header(let header) = MPEGAudioHeader.read(word) else {
            throw FrameError.freeFormat
        }
        return header
    }

    @Test(
        "frame length, samples and side information follow from the header",
        arguments: [
            // word, bit rate, rate, length, samples, side information, channels
            (0xFFFB_9044, 128_000, 44_100, 417, 1152, 32, 2),
            (0xFFFB_9244, 128_000, 44_100, 418, 1152, 32, 2),
            (0xFFFB_E444, 320_000, 48_000, 960, 1152, 32, 2),
            (0xFFFB_18C4, 32_000, 32_000, 144, 1152, 17, 1),
            (0xFFF3_60C4, 48_000, 22_050, 156, 576, 9, 1),
            (0xFFF3_8444, 64_000, 24_000, 192, 576, 17, 2),
            (0xFFE3_4064, 32_000, 11_025, 208, 576, 17, 2),
            (0xFFE3_28C4, 16_000, 8_000, 144, 576, 9, 1),
            (0xFFFD_8404, 128_000, 48_000, 384, 1152, 0, 2),
            (0xFFF5_E804, 160_000, 16_000, 1440, 1152, 0, 2),
            (0xFFFF_E404, 448_000, 48_000, 448, 384, 0, 2),
            (0xFFFF_1204, 32_000, 44_100, 36, 384, 0, 2),
            (0xFFF7_E404, 256_000, 24_000, 512, 384, 0, 2),
        ] as [(UInt32, Int, Int, Int, Int, Int, Int)]
    )
    func knownHeaders(
        _ word: UInt32,
        bitRate: Int,
        sampleRate: Int,
        length: Int,
        samples: Int,
        sideInformation: Int,
        channels: Int
    ) throws {
        let header = try self.header(word)
        #expect(header.bitRate == bitRate)
        #expect(header.sampleRate == sampleRate)
        #expect(header.frameLength == length)
        #expect(header.samplesPerFrame == samples)
        #expect(header.sideInformationLength == sideInformation)
        #expect(header.channels == channels)
    }

    @Test("the format holds version and layer bits, and mono is one channel")
    func format() throws {
        let format = try self.header(0xFFF3_60C4).format
        let expected = AudioFormat(codec: .mp3, profile: 0b1001, channels: 1, sampleRate: 22_050, samplesPerFrame: 576)
        #expect(format == expected)
    }

    @Test("a cleared protection bit puts two bytes of CRC before the side information")
    func protection() throws {
        #expect(try !self.header(0xFFFB_9044).isProtected)
        #expect(try self.header(0xFFFB_9044).sideInformationOffset == 4)
        #expect(try self.header(0xFFFA_9044).isProtected)
        #expect(try self.header(0xFFFA_9044).sideInformationOffset == 6)
    }

    @Test(
        "reserved values are refused: sync, version, layer, bit rate, rate, emphasis",
        arguments: [0xFF7B_9044, 0x7FFB_9044, 0xFFEB_9044, 0xFFF9_9044, 0xFFFB_F044, 0xFFFB_9C44, 0xFFFB_9046]
            as [UInt32]
    )
    func reserved(_ word: UInt32) {
        #expect(MPEGAudioHeader.read(word) == .invalid)
    }

    @Test("free format is told apart from what is invalid")
    func freeFormat() {
        #expect(MPEGAudioHeader.read(0xFFFB_0044) == .freeFormat)
        #expect(MPEGAudioHeader.read(0xFFFB_0C44) == .invalid)
    }

    @Test("in every header that is accepted, the frame has room for its side information")
    func everyHeader() {
        var accepted = 0
        // The 12 bits that are tables: version, layer, CRC, bit rate, rate and padding; then the mode.
        for bits in 0..<UInt32(1 << 12) {
            for mode in 0..<UInt32(4) {
                let word = 0xFFE0_0000 | bits << 9 | mode << 6
                guard case .header(let header) = MPEGAudioHeader.read(word) else { continue }
                accepted += 1
                #expect(header.frameLength > header.sideInformationOffset + header.sideInformationLength)
                #expect(header.frameLength <= 2_881)
                #expect(header.frameLength % (header.layer == .layer1 ? 4 : 1) == 0)
            }
        }
        // 3 versions, 3 layers, CRC or not, 14 bit rates, 3 rates, padding or not, 4 modes.
        #expect(accepted == 3 * 3 * 2 * 14 * 3 * 2 * 4)
    }

    @Test("a header is read at a buffer's reader index, and fewer than four bytes are none")
    func buffers() {
        var buffer = ByteBuffer(bytes: [0, 0xFF, 0xFB, 0x90, 0x44])
        #expect(MPEGAudioHeader(buffer) == nil)
        buffer.moveReaderIndex(forwardBy: 1)
        #expect(MPEGAudioHeader(buffer)?.bitRate == 128_000)
        buffer.moveReaderIndex(forwardBy: 1)
        #expect(MPEGAudioHeader(buffer) == nil)
    }
}

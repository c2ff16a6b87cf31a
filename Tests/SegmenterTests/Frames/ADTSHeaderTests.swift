// ADTSHeaderTests: the seven bytes of ADTS.

import NIOCore
import Testing

@testable import Segmenter

struct ADTSHeaderTests {
    /// AAC-LC, 44.1 kHz, stereo, 273 bytes.
    private static let stereo: UInt64 = 0xFF_F150_8022_3FFC

    @Test("every field is read from its place")
    func fields() throws {
        let header = try #require(ADTSHeader(word: Self.stereo))
        #expect(header.audioObjectType == 2)
        #expect(!header.isMPEG2)
        #expect(!header.isProtected)
        #expect(header.samplingFrequencyIndex == 4)
        #expect(header.sampleRate == 44_100)
        #expect(header.channelConfiguration == 2)
        #expect(header.frameLength == 273)
        #expect(header.headerLength == 7)
        #expect(header.rawDataBlocks == 1)
        let format = AudioFormat(codec: .aac, profile: 2, channels: 2, sampleRate: 44_100, samplesPerFrame: 1_024)
        #expect(header.format == format)
    }

    @Test("all thirteen rates are known and the three reserved indices refused")
    func rates() {
        let rates = (0..<UInt64(16)).map { index in
            ADTSHeader(word: Self.stereo & ~(0b1111 << 34) | index << 34)?.sampleRate
        }
        let known = [
            96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350,
        ]
        #expect(rates == known + [nil, nil, nil])
    }

    @Test("configuration 7 is eight channels, and a layout inside the audio counts as stereo")
    func channels() {
        let channels = (0..<UInt64(8)).map { configuration in
            ADTSHeader(word: Self.stereo & ~(0b111 << 30) | configuration << 30)?.channels
        }
        #expect(channels == [2, 1, 2, 3, 4, 5, 6, 8])
    }

    @Test("each raw data block has 1,024 samples, and with a CRC two more bytes of header")
    func blocks() throws {
        let isUnprotected: UInt64 = 1 << 40
        let headers = try (0..<UInt64(4)).map { try #require(ADTSHeader(word: Self.stereo & ~isUnprotected | $0)) }
        #expect(headers.map(\.samplesPerFrame) == [1_024, 2_048, 3_072, 4_096])
        #expect(headers.map(\.headerLength) == [9, 11, 13, 15])
        #expect(try #require(ADTSHeader(word: Self.stereo | 3)).headerLength == 7)
    }

    @Test("a wrong sync word, a layer, and a length without audio are refused")
    func refusals() {
        #expect(ADTSHeader(word: Self.stereo ^ 1 << 44) == nil)
        #expect(ADTSHeader(word: Self.stereo | 1 << 41) == nil)
        let noLength = Self.stereo & ~(0x1FFF << 13)
        #expect(ADTSHeader(word: noLength | 7 << 13) == nil)
        #expect(ADTSHeader(word: noLength | 8 << 13)?.frameLength == 8)
        #expect(ADTSHeader(word: (noLength | 9 << 13) & ~(1 << 40)) == nil)
    }

    @Test("a header is read at a buffer's reader index, and fewer than seven bytes are none")
    func buffers() {
        var buffer = ByteBuffer(bytes: [0, 0xFF, 0xF1, 0x50, 0x80, 0x22, 0x3F, 0xFC])
        buffer.moveReaderIndex(forwardBy: 1)
        #expect(ADTSHeader(buffer)?.word == Self.stereo)
        buffer.moveReaderIndex(forwardBy: 1)
        #expect(ADTSHeader(buffer) == nil)
    }
}

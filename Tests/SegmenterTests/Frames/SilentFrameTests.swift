// SilentFrameTests: FFmpeg hears nothing, and has nothing to complain of.

import NIOCore
import Testing

@testable import Segmenter

struct SilentFrameTests {
    /// A template of an MPEG audio header, with a body that is not silent.
    private func template(_ word: UInt32) throws -> Frame {
        let header = try #require(MPEGAudioHeader(ByteBuffer(integer: word)))
        var bytes = ByteBuffer(integer: word)
        bytes.writeRepeatingByte(0xA5, count: header.frameLength - MPEGAudioHeader.length)
        return Frame(bytes: bytes, format: header.format)
    }

    private func template(objectType: UInt64, rate: UInt64, configuration: UInt64, blocks: UInt64 = 1) throws -> Frame {
        let word = 0xFF_F000_0000_1FFC | (objectType - 1) << 38 | rate << 34 | configuration << 30 | 100 << 13
        let bytes = (0..<7).map { UInt8(truncatingIfNeeded: (word | blocks - 1) >> (48 - 8 * $0)) }
        return try #require(Frame(bytes + [UInt8](repeating: 0xA5, count: 93)))
    }

    private func silence(_ template: Frame) throws -> [UInt8] {
        let frame = try #require(SilentFrame.matching(template))
        #expect(frame.format == template.format)
        #expect(Frame(Array(frame.bytes.readableBytesView))?.format == template.format)
        return Array(frame.bytes.readableBytesView)
    }

    /// Two seconds of the frame decode to as many zeros.
    private func expectSilence(_ frame: [UInt8], format: AudioFormat, demuxer: String) throws {
        let count = Int(2 * format.sampleRate / format.samplesPerFrame)
        let outcome = try MediaTool.decode([[UInt8]](repeating: frame, count: count), demuxer: demuxer)
        #expect(outcome.isClean, "\(outcome.errors)")
        let samples = count * Int(format.samplesPerFrame)
        // ADTS does not say that SBR is missing: FFmpeg may put out the same silence at twice the low rates.
        #expect(outcome.output.count % (samples * Int(format.channels) * 4) == 0)
        #expect(!outcome.output.isEmpty)
        #expect(MediaTool.isSilent(outcome.output[...]))
    }

    @Test("layer III is silent at every version, rate and mode", arguments: [0xE3, 0xF3, 0xFB] as [UInt32], 0..<3)
    func layer3(_ second: UInt32, rate: UInt32) throws {
        // The lowest bit rate has the least room, 128 kbit/s (MPEG-1) is what is on the air.
        for (bitRate, mode) in [(1, 0), (1, 3), (9, 1), (9, 2)] as [(UInt32, UInt32)] {
            let template = try self.template(0xFF00_0000 | second << 16 | bitRate << 12 | rate << 10 | mode << 6)
            try self.expectSilence(try self.silence(template), format: template.format, demuxer: "mp3")
        }
    }

    @Test("layers I and II are silent", arguments: [0xFFFD_8404, 0xFFFD_84C4, 0xFFFF_8404, 0xFFF5_8454] as [UInt32])
    func otherLayers(_ word: UInt32) throws {
        let template = try self.template(word)
        try self.expectSilence(try self.silence(template), format: template.format, demuxer: "mp3")
    }

    @Test("padding, CRC and mode extension go; bit rate, rate, mode and the rest stay")
    func mpegHeader() throws {
        // CRC, 128 kbit/s, 44.1 kHz, padding, joint stereo with extension 2, original.
        let frame = try self.silence(try self.template(0xFFFA_9264))
        #expect(frame == [0xFF, 0xFB, 0x90, 0x44] + [UInt8](repeating: 0, count: 413))
        // Layer I pads by four bytes.
        #expect(try self.silence(try self.template(0xFFFF_4204)).count == 136)
    }

    @Test("AAC-LC is silent at every rate, mono and stereo", arguments: 0..<13)
    func aacRates(_ rate: UInt64) throws {
        for configuration in UInt64(1)...2 {
            let template = try self.template(objectType: 2, rate: rate, configuration: configuration)
            try self.expectSilence(try self.silence(template), format: template.format, demuxer: "aac")
        }
    }

    @Test("every channel configuration is silent", arguments: 1...7)
    func aacConfigurations(_ configuration: UInt64) throws {
        let template = try self.template(objectType: 2, rate: 3, configuration: configuration)
        try self.expectSilence(try self.silence(template), format: template.format, demuxer: "aac")
    }

    @Test("AAC Main and LTP are silent", arguments: [1, 4] as [UInt64])
    func aacObjectTypes(_ objectType: UInt64) throws {
        let template = try self.template(objectType: objectType, rate: 4, configuration: 2)
        try self.expectSilence(try self.silence(template), format: template.format, demuxer: "aac")
    }

    @Test("stereo and mono AAC-LC are the bytes of time-and-hls rule 17")
    func aacBytes() throws {
        let stereo = try self.silence(try self.template(objectType: 2, rate: 4, configuration: 2))
        #expect(stereo[..<7] == [0xFF, 0xF1, 0x50, 0x80, 0x02, 0x1F, 0xFC])
        #expect(stereo[7...] == [0x21, 0x00, 0x49, 0x90, 0x02, 0x19, 0x00, 0x23, 0x80])
        let mono = try self.silence(try self.template(objectType: 2, rate: 3, configuration: 1))
        #expect(mono == [0xFF, 0xF1, 0x4C, 0x40, 0x01, 0xBF, 0xFC, 0x00, 0xC8, 0x00, 0x80, 0x23, 0x80])
    }

    @Test("a frame of several raw data blocks gets as many silent ones, and an unnamed layout stereo")
    func aacBlocks() throws {
        let three = try self.template(objectType: 2, rate: 3, configuration: 1, blocks: 3)
        #expect(try self.silence(three).count == 7 + 3 * 6)
        let unnamed = try self.template(objectType: 2, rate: 3, configuration: 0)
        let stereo = try self.template(objectType: 2, rate: 3, configuration: 2)
        #expect(try self.silence(unnamed) == self.silence(stereo))
    }

    @Test("silence behind real audio decodes without complaint, and is silent", arguments: FrameFixture.allCases)
    func amongRealFrames(_ fixture: FrameFixture) throws {
        let cut = FrameCut(try fixture.bytes())
        let format = try #require(cut.frames.first).format
        let silence = try self.silence(cut.frames[20])
        let frames = cut.bytes[..<20] + [[UInt8]](repeating: silence, count: 10)
        let outcome = try MediaTool.decode(Array(frames), demuxer: format.codec == .mp3 ? "mp3" : "aac")
        #expect(outcome.isClean, "\(outcome.errors)")
        let frameBytes = Int(format.samplesPerFrame) * Int(format.channels) * 4
        #expect(outcome.output.count == 30 * frameBytes)
        #expect(!MediaTool.isSilent(outcome.output[(10 * frameBytes)..<(20 * frameBytes)]))
        // The first silent frame plays the last real one's overlap, the second what the filter bank still holds.
        #expect(MediaTool.isSilent(outcome.output[(22 * frameBytes)...]))
    }

    @Test("bytes that are not what their format says have no silence")
    func notAFrame() {
        let formats = FrameFixture.allCases.compactMap { try? FrameCut($0.bytes()).frames.first?.format }
        #expect(formats.count == FrameFixture.allCases.count)
        for format in formats {
            let frame = Frame(bytes: ByteBuffer(string: "nothing like a frame"), format: format)
            #expect(SilentFrame.matching(frame) == nil)
        }
    }
}

// FrameDecoderJunkTests: what is not audio costs only itself, and too much of it ends the connection with a reason.

import NIOCore
import Testing

@testable import Segmenter

struct FrameDecoderJunkTests {
    @Test("junk between frames costs no frame on either side", arguments: FrameFixture.allCases)
    func junkBetweenFrames(_ fixture: FrameFixture) throws {
        var frames = FrameCut(try fixture.bytes()).bytes
        if frames.count % 2 == 1 { frames.removeLast() }
        var numbers = SeededNumbers(seed: 11)
        for _ in 0..<4 {
            var stream: [UInt8] = []
            var junk = 0
            for (index, frame) in frames.enumerated() {
                // Two frames in a row end a search, so junk leaves pairs together.
                if index % 2 == 0, Bool.random(using: &numbers) {
                    let bytes = numbers.bytes(Int.random(in: 1...600, using: &numbers))
                    junk += bytes.count
                    stream += bytes
                }
                stream += frame
            }
            let cut = FrameCut(stream) { Int.random(in: 1...2_000, using: &numbers) }
            #expect(cut.bytes == frames)
            #expect(cut.junkBytes == junk)
        }
    }

    @Test("a false header in junk does not swallow the audio after it", arguments: FrameFixture.allCases)
    func falseHeaders(_ fixture: FrameFixture) throws {
        let frames = FrameCut(try fixture.bytes()).bytes
        var numbers = SeededNumbers(seed: 12)
        for _ in 0..<8 {
            let count = Int.random(in: 2...40, using: &numbers)
            // After a zero byte, true headers of this very stream, each followed by rubbish or by the next at once.
            var junk: [UInt8] = [0]
            for _ in 0..<Int.random(in: 1...6, using: &numbers) {
                junk += frames[count].prefix(7) + numbers.bytes(Int.random(in: 0...40, using: &numbers))
            }
            let stream = Array((frames[..<count] + [junk] + frames[count...]).joined())
            let cut = FrameCut(stream) { Int.random(in: 1...2_000, using: &numbers) }
            #expect(cut.bytes == frames)
            #expect(cut.junkBytes == junk.count)
        }
    }

    @Test("audio after a false header at the end of the stream comes with finish")
    func falseHeaderAtTheEnd() throws {
        let frames = FrameCut(try FrameFixture.cbr44100.bytes()).bytes
        // An ADTS header that claims more bytes than will ever come.
        let claim: [UInt8] = [0xFF, 0xF1, 0x50, 0x83, 0xFF, 0xFF, 0xFC]
        var decoder = FrameDecoder()
        var found: [Frame] = []
        try decoder.decode(ByteBuffer(bytes: claim + frames[0] + frames[1]), into: &found)
        #expect(found.isEmpty)
        decoder.finish(into: &found)
        #expect(found.map { Array($0.bytes.readableBytesView) } == Array(frames[..<2]))
    }

    @Test("a frame cut short costs itself and the one whose bytes it took")
    func truncatedFrame() throws {
        let frames = FrameCut(try FrameFixture.aacStereo44100.bytes()).bytes
        let stream = Array((frames[..<5] + [Array(frames[5].prefix(50))] + frames[6...]).joined())
        let cut = FrameCut(stream)
        #expect(cut.bytes[..<5] == frames[..<5])
        #expect(cut.bytes.suffix(frames.count - 8) == frames.suffix(frames.count - 8))
    }

    @Test("an unfinished last frame is dropped")
    func unfinishedFrame() throws {
        let frames = FrameCut(try FrameFixture.cbr48000.bytes()).bytes
        let cut = FrameCut(Array(frames.joined().dropLast()))
        #expect(cut.bytes == Array(frames.dropLast()))
        #expect(cut.error == nil)
    }

    @Test("another rate or number of channels gives frames of the new format, none lost")
    func formatChange() throws {
        let parts: [FrameFixture] = [.cbr44100, .cbr48000, .mpeg2Mono22050, .layer2, .mpeg25Mono8000]
        let cuts = try parts.map { FrameCut(try $0.bytes()) }
        var numbers = SeededNumbers(seed: 13)
        let joined = FrameCut(Array(cuts.flatMap(\.bytes).joined())) { Int.random(in: 1...900, using: &numbers) }
        #expect(joined.frames == cuts.flatMap(\.frames))
        #expect(joined.junkBytes == 0)
    }

    @Test("the codec is settled by the first frames: another one is junk until the connection fails")
    func codecChange() throws {
        let mp3 = FrameCut(try FrameFixture.cbr44100.bytes())
        let aac = try FrameFixture.aacStereo44100.bytes()
        let cut = FrameCut(Array(mp3.bytes.joined()) + Array((0..<6).map { _ in aac }.joined()))
        #expect(cut.frames == mp3.frames)
        #expect(cut.error?.code == .lostSync)
        #expect(cut.error?.message.contains("MP3") == true)
    }

    @Test("text and noise are refused after 64 KiB with what would be accepted", arguments: [true, false])
    func notAudio(isText: Bool) {
        var numbers = SeededNumbers(seed: 14)
        let text = Array("<html><body>The stream is offline. ID3 TAG</body></html>\r\n".utf8)
        let stream = isText ? Array((0..<2_000).map { _ in text }.joined()) : numbers.bytes(100_000)
        let short = FrameCut(Array(stream.prefix(FrameDecoder.sniffLimit)))
        #expect(short.error == nil)
        let long = FrameCut(stream) { Int.random(in: 1...4_000, using: &numbers) }
        #expect(long.frames.isEmpty)
        #expect(long.error?.code == .unknownFormat)
        #expect(long.error?.message.contains("MP3 or AAC in ADTS") == true)
    }

    @Test("a stream that loses its frames for 256 KiB fails, and stays failed")
    func lostSync() throws {
        var decoder = FrameDecoder()
        var frames: [Frame] = []
        try decoder.decode(ByteBuffer(bytes: try FrameFixture.aacMono48000.bytes()), into: &frames)
        let count = frames.count
        try decoder.decode(ByteBuffer(repeating: 0x55, count: FrameDecoder.junkLimit), into: &frames)
        for _ in 0..<2 {
            let error = #expect(throws: FrameError.self) {
                try decoder.decode(ByteBuffer(bytes: [0x55]), into: &frames)
            }
            #expect(error?.code == .lostSync)
        }
        #expect(frames.count == count)
    }

    @Test("frames found before a failure in the same bytes are kept")
    func framesBeforeFailure() throws {
        let bytes = try FrameFixture.cbr48000.bytes()
        let cut = FrameCut(bytes + [UInt8](repeating: 0, count: FrameDecoder.junkLimit + 1))
        #expect(cut.frames == FrameCut(bytes).frames)
        #expect(cut.error?.code == .lostSync)
    }

    @Test("MP3 of free format is refused by name, from LAME and in every slicing")
    func freeFormat() throws {
        let bytes = try FrameFixture.bytes(FrameFixture.freeFormatName)
        var numbers = SeededNumbers(seed: 15)
        for most in [1, 50, 5_000, bytes.count] {
            let cut = FrameCut(Array(bytes.dropFirst(most))) { Int.random(in: 1...most, using: &numbers) }
            #expect(cut.frames.isEmpty)
            #expect(cut.error?.code == .freeFormat || most == bytes.count)
        }
        #expect(FrameCut(bytes).error?.message.contains("free format") == true)
    }
}

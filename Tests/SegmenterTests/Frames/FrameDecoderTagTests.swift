// FrameDecoderTagTests: ID3 tags and the Xing, Info and VBRI frames of files.

import NIOCore
import Testing

@testable import Segmenter

struct FrameDecoderTagTests {
    private func id3v2(_ size: Int, version: UInt8 = 3, flags: UInt8 = 0, fill: UInt8 = 0xFF) -> [UInt8] {
        Array("ID3".utf8) + [version, 0, flags] + [21, 14, 7, 0].map { UInt8(size >> $0 & 0x7F) }
            + [UInt8](repeating: fill, count: size)
    }

    private let id3v1 = Array("TAG".utf8) + [UInt8](repeating: 0x20, count: 125)

    private func frames() throws -> [[UInt8]] {
        FrameCut(try FrameFixture.cbr44100.bytes()).bytes
    }

    @Test("a file's ID3v2, Info frame and ID3v1 are left out")
    func taggedFile() throws {
        let cut = FrameCut(try FrameFixture.id344100.bytes())
        #expect(cut.tagsSkipped == 3)
        #expect(cut.junkBytes == 0)
        #expect(cut.bytes.allSatisfy { $0.starts(with: [0xFF, 0xFB]) })
    }

    @Test("the Xing frame of a VBR file is left out")
    func xing() throws {
        let bytes = try FrameFixture.vbr44100.bytes()
        let cut = FrameCut(bytes)
        #expect(cut.tagsSkipped == 1)
        #expect(cut.bytes.first == Array(bytes[417..<417 + cut.bytes[0].count]))
    }

    @Test("tags between frames are skipped in every slicing, and the frame after them waits for no other")
    func tagsBetweenFrames() throws {
        let frames = try self.frames()
        let footer = Array("3DI".utf8) + [4, 0, 0x10, 0, 0, 0x0F, 0x50]
        let tags = [
            self.id3v2(0), self.id3v2(300_000), self.id3v2(2_000, version: 4, flags: 0x10) + footer,
            self.id3v1, self.id3v1 + self.id3v2(77, version: 2),
        ]
        var stream = self.id3v2(1_000)
        for (index, frame) in frames.enumerated() {
            stream += frame + (tags.indices.contains(index - 1) ? tags[index - 1] : [])
        }
        var numbers = SeededNumbers(seed: 21)
        for most in [1, 90, 5_000, stream.count] {
            let cut = FrameCut(stream) { Int.random(in: 1...most, using: &numbers) }
            #expect(cut.bytes == frames)
            #expect(cut.tagsSkipped == 7)
            #expect(cut.junkBytes == 0)
            #expect(cut.mostBuffered < 1_000)
        }
        let short = FrameCut(self.id3v2(10) + frames[0] + frames[1] + self.id3v2(10) + frames[2])
        #expect(short.bytes == Array(frames[..<3]))
    }

    @Test("a file whose frames differ may follow a tag")
    func nextFile() throws {
        let first = FrameCut(try FrameFixture.cbr44100.bytes())
        let second = FrameCut(try FrameFixture.mpeg2Mono22050.bytes())
        let stream = Array(first.bytes.joined()) + self.id3v1 + self.id3v2(500) + Array(second.bytes.joined())
        let cut = FrameCut(stream)
        #expect(cut.frames == first.frames + second.frames)
        #expect(cut.tagsSkipped == 2)
    }

    @Test("a tag larger than the limit, alone or with others, is junk")
    func tagLimit() throws {
        let frames = try self.frames()
        let large = self.id3v2(FrameDecoder.tagLimit - 9, fill: 0)
        let cut = FrameCut(frames[0] + frames[1] + large)
        #expect(cut.error?.code == .lostSync)
        #expect(cut.tagsSkipped == 0)
        var decoder = FrameDecoder()
        var found: [Frame] = []
        let many = Array((0..<1_000).map { _ in self.id3v2(1_000, fill: 0) }.joined())
        let error = #expect(throws: FrameError.self) {
            while true { try decoder.decode(ByteBuffer(bytes: many), into: &found) }
        }
        #expect(error?.code == .unknownFormat)
        #expect(decoder.tagsSkipped == FrameDecoder.tagLimit / 1_010)
    }

    @Test("\"TAG\" and \"ID3\" that begin no tag are junk, and cost no frame")
    func falseTags() throws {
        let frames = try self.frames()
        let id3: [UInt8] = Array("ID3".utf8)
        for junk in [Array("TAG, you're it".utf8), id3, id3 + [9, 0, 0, 1, 1, 1, 1], id3 + [3, 0, 0, 0x80, 1, 1, 1]] {
            let cut = FrameCut(Array((frames[..<10] + [junk] + frames[10...]).joined()))
            #expect(cut.bytes == frames)
            #expect(cut.junkBytes == junk.count)
            #expect(cut.tagsSkipped == 0)
        }
    }

    @Test(
        "Xing, Info and VBRI are known by their place behind zero side information",
        arguments: [
            (0xFFFB_9044, "Xing", 36, true), (0xFFFB_90C4, "Info", 21, true), (0xFFF3_8444, "Xing", 21, true),
            (0xFFF3_60C4, "Info", 13, true), (0xFFFB_9044, "VBRI", 36, true), (0xFFFB_90C4, "VBRI", 36, true),
            (0xFFFA_9044, "Info", 36, true), (0xFFFA_9044, "Info", 38, true),
            (0xFFFB_9044, "Xing", 37, false), (0xFFFB_9044, "Xinf", 36, false), (0xFFFD_8404, "Xing", 36, false),
        ] as [(UInt32, String, Int, Bool)]
    )
    func infoFrames(_ word: UInt32, mark: String, offset: Int, isInfo: Bool) throws {
        let header = try #require(MPEGAudioHeader(ByteBuffer(integer: word)))
        let begin = (0..<4).map { UInt8(truncatingIfNeeded: word >> (24 - 8 * $0)) }
        let audio = begin + [UInt8](repeating: 0, count: header.frameLength - 4)
        var info = audio
        info.replaceSubrange(offset..<offset + 4, with: mark.utf8)
        let cut = FrameCut(info + audio + audio)
        #expect(cut.tagsSkipped == (isInfo ? 1 : 0))
        #expect(cut.bytes == (isInfo ? [audio, audio] : [info, audio, audio]))
        // The same mark in audio, whose side information is not zero.
        info[header.sideInformationOffset + 1] = 0x40
        #expect(FrameCut(info + audio + audio).frames.count == 3)
    }
}

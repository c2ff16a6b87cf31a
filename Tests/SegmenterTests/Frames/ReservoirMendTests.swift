// ReservoirMendTests: real MP3 cut in the middle, joined to other audio, and decoded by FFmpeg.

import NIOCore
import Testing

@testable import Segmenter

struct ReservoirMendTests {
    /// A run that begins in the middle of a fixture, mended.
    private struct MendedRun {
        let frames: [[UInt8]]
        /// The frames that were changed, counted from the run's start.
        let changed: [Int]

        init(_ frames: ArraySlice<Frame>) {
            var mend = ReservoirMend()
            let mended = frames.map { mend.mend($0) }
            self.frames = mended.map { Array($0.bytes.readableBytesView) }
            self.changed = zip(frames, mended).enumerated().filter { $0.element.0 != $0.element.1 }.map(\.offset)
        }
    }

    private func decode(_ frames: [[UInt8]]) throws -> [UInt8] {
        let outcome = try MediaTool.decode(frames, demuxer: "mp3", checksCRC: true)
        #expect(outcome.isClean, "\(outcome.errors)")
        return outcome.output
    }

    @Test("a mended run is silent up to its first true frame, then exact to the sample", arguments: FrameFixture.layer3)
    func mendedRun(_ fixture: FrameFixture) throws {
        let cut = FrameCut(try fixture.bytes())
        let format = cut.frames[0].format
        let frameBytes = Int(format.samplesPerFrame) * Int(format.channels) * 4
        let whole = try self.decode(cut.bytes)
        let silence = try #require(SilentFrame.matching(cut.frames[0]))
        let before = [[UInt8]](repeating: Array(silence.bytes.readableBytesView), count: 5)
        var changes = 0
        for start in [10, 21, 32, 43] {
            let run = MendedRun(cut.frames[start...])
            changes += run.changed.count
            #expect(run.changed == Array(0..<run.changed.count))
            let joined = try self.decode(before + run.frames)
            let audible = before.count + run.changed.count
            #expect(MediaTool.isSilent(joined[..<(audible * frameBytes)]))
            // The first true granule lacks its overlap, the second what the filter bank held of the first.
            let exact = (audible + 1_152 / Int(format.samplesPerFrame)) * frameBytes
            #expect(joined[exact...] == whole[(exact + (start - before.count) * frameBytes)...])
        }
        #expect(changes > 0)
    }

    @Test("behind other audio the unmended run plays noise that the mended one does not", arguments: [10, 32, 54])
    func otherAudio(_ start: Int) throws {
        let other = FrameCut(try FrameFixture.id344100.bytes()).bytes[..<40]
        let cut = FrameCut(try FrameFixture.cbr44100.bytes())
        let run = MendedRun(cut.frames[start...])
        let first = run.changed.count
        let frameBytes = 1_152 * 2 * 4
        let mended = try self.decode(other + run.frames)
        let whole = try self.decode(cut.bytes)
        let exact = (other.count + first + 1) * frameBytes
        #expect(mended[exact...] == whole[(exact + (start - other.count) * frameBytes)...])
        let loudest = MediaTool.samples(mended[((other.count - 2) * frameBytes)..<exact]).map(abs).max()
        #expect(try #require(loudest) < 1)
        let unmended = try MediaTool.decode(Array(other) + cut.bytes[start...], demuxer: "mp3")
        let unlike = unmended.output.count != mended.count || unmended.output[..<exact] != mended[..<exact]
        #expect(!unmended.isClean || unlike)
    }

    @Test("frames keep their length and main data; only header and side information decide")
    func keepsMainData() throws {
        for fixture in FrameFixture.layer3 {
            let frames = FrameCut(try fixture.bytes()).frames[30...]
            let run = MendedRun(frames)
            for (index, original) in frames.enumerated() {
                let bytes = Array(original.bytes.readableBytesView)
                let header = try #require(MPEGAudioHeader(original.bytes))
                let side = header.sideInformationOffset..<header.sideInformationOffset + header.sideInformationLength
                #expect(run.frames[index].count == bytes.count)
                #expect(run.frames[index][side.upperBound...] == bytes[side.upperBound...])
                guard run.changed.contains(index) else { continue }
                #expect(run.frames[index][..<4] == bytes[..<4])
                #expect(run.frames[index][side].dropFirst(2).allSatisfy { $0 == 0 })
            }
        }
    }

    @Test("the checksum is right in every frame of an encoder, and redone in a mended one")
    func checksum() throws {
        let frames = FrameCut(try FrameFixture.crc44100.bytes()).frames
        var mend = ReservoirMend()
        var changed = 0
        for frame in frames[40...] {
            let mended = mend.mend(frame)
            changed += mended == frame ? 0 : 1
            for frame in [frame, mended] {
                let header = try #require(MPEGAudioHeader(frame.bytes))
                let stored = frame.bytes.getInteger(at: frame.bytes.readerIndex + 4, as: UInt16.self)
                #expect(stored == MPEGAudioCRC.ofLayer3(frame.bytes, header: header))
            }
        }
        #expect(changed > 0)
    }

    @Test("a run that begins where its encoder began is left as it is", arguments: FrameFixture.layer3)
    func trueStart(_ fixture: FrameFixture) throws {
        #expect(MendedRun(FrameCut(try fixture.bytes()).frames[...]).changed.isEmpty)
    }

    @Test("the mend is done once the reservoir cannot reach before the run, and never for other codecs")
    func isDone() throws {
        for fixture in FrameFixture.allCases {
            var mend = ReservoirMend()
            #expect(!mend.isDone)
            let frames = FrameCut(try fixture.bytes()).frames
            if FrameFixture.layer3.contains(fixture) {
                for frame in frames[10..<20] { _ = mend.mend(frame) }
            } else {
                #expect(mend.mend(frames[10]) == frames[10])
            }
            #expect(mend.isDone)
        }
    }

    @Test("a frame too short for its side information is passed on")
    func shortFrame() {
        var mend = ReservoirMend()
        let format = AudioFormat(codec: .mp3, profile: 0b1101, channels: 2, sampleRate: 44_100, samplesPerFrame: 1_152)
        let frame = Frame(bytes: ByteBuffer(bytes: [0xFF, 0xFB, 0x90, 0x44, 0x80]), format: format)
        #expect(mend.mend(frame) == frame)
        #expect(mend.isDone)
    }
}

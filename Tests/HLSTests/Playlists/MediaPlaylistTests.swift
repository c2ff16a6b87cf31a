// MediaPlaylistTests: live playlists against goldens, the rules, and ffmpeg.

import Foundation
import HLS
import NIOCore
import Segmenter
import Testing

@Suite struct MediaPlaylistTests {
    private static let slot: Int64 = 310_972_500

    private static func render(
        _ segments: some BidirectionalCollection<Segment>,
        in container: Container = .transportStream,
        grid: SlotGrid = .standard,
        prefix: String = ""
    ) -> String? {
        MediaPlaylist(container: container, grid: grid, prefix: prefix).render(segments.map(\.summary))
            .map { String(buffer: $0) }
    }

    @Test("AAC in a transport stream, found from the stream's short address")
    func aacInTransportStream() throws {
        let audio = try EncodedAudio.aacAt48000.get()
        let segments = TestSegments(audio: audio, discontinuitySequence: 7).cut(fromSlot: Self.slot)
        #expect(try Self.render(segments, prefix: "test/ts/") == Golden.playlist("aac-48000-ts.m3u8"))
    }

    @Test("packed MP3 at 44.1 kHz, whose segments differ by a frame and are not independent")
    func packedMP3() throws {
        let segments = TestSegments(audio: try EncodedAudio.mp3At44100.get()).cut(fromSlot: Self.slot)
        #expect(try Self.render(segments, in: .packedAudio) == Golden.playlist("mp3-44100-packed.m3u8"))
    }

    @Test("packed AAC on another grid")
    func packedAACOnAnotherGrid() throws {
        let grid = try #require(SlotGrid(segmentMilliseconds: 2_000, partMilliseconds: 500))
        let audio = try EncodedAudio.aacAt44100.get()
        let segments = TestSegments(audio: audio, grid: grid, discontinuitySequence: 3).cut(fromSlot: 895_600_803)
        #expect(segments.count == 12)
        let text = Self.render(segments, in: .packedAudio, grid: grid, prefix: "x/packed/")
        #expect(try text == Golden.playlist("aac-44100-packed-2s.m3u8"))
    }

    @Test("a first segment keeps its tag, and the header counts the discontinuities before it")
    func beginsWithADiscontinuity() throws {
        var maker = TestSegments(audio: try EncodedAudio.mp3At48000.get())
        maker.discontinuitySequence = 5
        maker.beginsDiscontinuous = true
        let segments = maker.cut(fromSlot: Self.slot)
        #expect(try Self.render(segments) == Golden.playlist("mp3-48000-discontinuous.m3u8"))
        // Once it has left, the sequence is one more and the tag is gone.
        let later = try #require(Self.render(segments.dropFirst()))
        #expect(later.contains("#EXT-X-DISCONTINUITY-SEQUENCE:5\n"))
        #expect(!later.contains("#EXT-X-DISCONTINUITY\n"))
    }

    @Test("a segment is listed when it is complete, and not before")
    func listsCompleteSegmentsOnly() throws {
        let segments = TestSegments(audio: try EncodedAudio.aacAt48000.get()).cut(fromSlot: Self.slot)
        let open = Segment(header: segments[3].header, parts: Array(segments[3].parts.prefix(5)))
        #expect(Self.render(segments.prefix(3) + [open]) == Self.render(segments.prefix(3)))
        #expect(Self.render([open]) == nil)
        #expect(Self.render([]) == nil)
    }

    @Test("what does not lead up to the newest segment without a hole is not listed")
    func listsNoHoles() throws {
        let segments = TestSegments(audio: try EncodedAudio.aacAt48000.get()).cut(fromSlot: Self.slot)
        #expect(Self.render([segments[0], segments[2], segments[3]]) == Self.render(segments[2...]))
        let open = Segment(header: segments[1].header, parts: Array(segments[1].parts.prefix(5)))
        #expect(Self.render([segments[0], open, segments[2]]) == Self.render([segments[2]]))
    }

    @Test(
        "the target duration covers a slot and its longest frame, rounded",
        arguments: [(2_000, 2), (2_371, 2), (2_372, 3), (5_760, 6), (6_000, 6), (12_000, 12)]
    )
    func targetDuration(segmentMilliseconds: Int64, target: Int) throws {
        let grid = try #require(
            SlotGrid(segmentMilliseconds: segmentMilliseconds, partMilliseconds: segmentMilliseconds)
        )
        let audio = try EncodedAudio.aacAt48000.get()
        let segments = TestSegments(audio: audio, grid: grid).cut(fromSlot: 100)
        let text = try #require(Self.render(segments, grid: grid))
        #expect(text.contains("\n#EXT-X-TARGETDURATION:\(target)\n"))
    }

    @Test(
        "ffmpeg plays a playlist from end to end, through every container",
        arguments: EncodedAudio.all,
        Container.allCases
    )
    func pleasesFFmpeg(audio: EncodedAudio, container: Container) throws {
        let segments = TestSegments(audio: audio).cut(fromSlot: Self.slot)
        let directory = try TemporaryDirectory()
        let stream = TransportStream(grid: .standard)
        for segment in segments {
            let buffers = container == .transportStream ? [stream.segment(segment)] : PackedAudio.segment(segment)
            let name = "\(segment.slot).\(container.fileExtension(for: audio.format.codec))"
            try directory.write(buffers, to: "test/\(container.rawValue)/5760-960/\(name)")
        }
        let text = try #require(Self.render(segments, in: container, prefix: "test/\(container.rawValue)/"))
        // Without an end ffmpeg would begin near it, and wait for more.
        try directory.write([ByteBuffer(string: text + "#EXT-X-ENDLIST\n")], to: "test.m3u8")

        let packets = try MediaTool.packets(of: "test.m3u8", in: directory)
        #expect(packets.map(\.size) == segments.flatMap { $0.parts.flatMap { $0.frameLengths.map(Int.init) } })
        let length = try MediaTool.run(
            ["ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", "test.m3u8"],
            in: directory
        )
        let samples = segments.reduce(0) { $0 + $1.sampleCount }
        let duration = Double(length.output.trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0
        #expect(abs(duration - Double(samples) / Double(audio.format.sampleRate)) < 0.0001)
    }
}

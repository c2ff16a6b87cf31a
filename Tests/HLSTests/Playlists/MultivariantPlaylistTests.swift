// MultivariantPlaylistTests: the list of variants against a golden one, and as ffprobe sees it.

import HLS
import NIOCore
import Segmenter
import Testing

@Suite struct MultivariantPlaylistTests {
    @Test("variants are listed in order, with what players need to choose")
    func listsVariants() throws {
        let playlist = MultivariantPlaylist(variants: [
            .init(
                uri: "main/live.m3u8",
                bandwidth: Bandwidth(peak: 131_072, average: 128_500),
                codecs: "mp4a.40.2"
            ),
            .init(uri: "low/live.m3u8", bandwidth: Bandwidth(peak: 49_000, average: 48_100), codecs: "mp4a.40.5"),
            .init(
                uri: "old/ts/live.m3u8",
                bandwidth: Bandwidth(peak: 140_001, average: 133_337),
                codecs: "mp4a.40.34"
            ),
        ])
        #expect(try String(buffer: playlist.render()) == Golden.playlist("ladder.m3u8"))
    }

    @Test("ffprobe opens a variant through it and finds its declared rate")
    func isReadByFFprobe() throws {
        let audio = try EncodedAudio.aacAt48000.get()
        let segments = TestSegments(audio: audio).cut(fromSlot: 310_972_500)
        let bandwidth = try #require(Bandwidth(of: segments, in: .transportStream, grid: .standard))
        let directory = try TemporaryDirectory()
        for segment in segments {
            let bytes = TransportStream(grid: .standard).segment(segment)
            try directory.write([bytes], to: "ts/5760-960/\(segment.slot).ts")
        }
        let media = MediaPlaylist(container: .transportStream, grid: .standard, prefix: "")
        let end = ByteBuffer(string: "#EXT-X-ENDLIST\n")
        try directory.write([try #require(media.render(segments.map(\.summary))), end], to: "ts/live.m3u8")
        let playlist = MultivariantPlaylist(variants: [
            .init(uri: "ts/live.m3u8", bandwidth: bandwidth, codecs: audio.format.codecString)
        ])
        try directory.write([playlist.render()], to: "master.m3u8")

        let result = try MediaTool.run(
            ["ffprobe", "-v", "error", "-show_entries", "stream=codec_name:stream_tags=variant_bitrate"]
                + ["-of", "default=nk=1:nw=1", "master.m3u8"],
            in: directory
        )
        let lines = Set(result.output.split(separator: "\n").map { String($0) })
        #expect(lines == ["aac", "\(bandwidth.peak)"])
    }
}

// PackedAudioTests: packed audio as readers of others, and a strict one of ours, see it.

import HLS
import NIOCore
import Segmenter
import Testing

@Suite struct PackedAudioTests {
    private static let slot: Int64 = 310_972_500

    @Test("a segment is one tag with the time of its first sample, then its frames", arguments: EncodedAudio.all)
    func packsSegments(audio: EncodedAudio) throws {
        for segment in TestSegments(audio: audio).cut(fromSlot: Self.slot) {
            let packed = PackedAudio.segment(segment)
            let reader = try ID3Reader(packed.octets)
            let sample = Int128(segment.header.firstSample)
            #expect(reader.ticks == Int64(sample * 90_000 / Int128(audio.format.sampleRate) % (Int128(1) << 33)))
            #expect(reader.frames.map(\.name) == ["PRIV"])
            #expect(reader.rest == segment.parts.map(\.bytes).octets)
            #expect(PackedAudio.byteCount(of: segment) == packed.octets.count)
        }
    }

    @Test("a part has a tag of its own", arguments: EncodedAudio.all)
    func packsParts(audio: EncodedAudio) throws {
        let segment = try #require(TestSegments(audio: audio).cut(fromSlot: Self.slot).last)
        for part in segment.parts {
            let reader = try ID3Reader(PackedAudio.part(part, of: segment.header).octets)
            let sample = Int128(segment.header.firstSample + part.samplesBefore)
            #expect(reader.ticks == Int64(sample * 90_000 / Int128(audio.format.sampleRate) % (Int128(1) << 33)))
            #expect(reader.rest == Array(part.bytes.readableBytesView))
        }
    }

    @Test("the title in force at the first frame is told, and a later one only from the next part on")
    func tellsTitles() throws {
        let audio = try EncodedAudio.aacAt48000.get()
        let edge = SlotGrid.standard.edge(ofSlot: Self.slot)
        let titles = [
            Title(time: edge.advanced(byMilliseconds: 960), text: "Björk – Jóga"),
            Title(time: edge.advanced(byMilliseconds: 5_000), text: "次の曲"),
        ]
        let segments = TestSegments(audio: audio, titles: titles).cut(fromSlot: Self.slot)
        let ofSegments = try segments.map { try ID3Reader(PackedAudio.segment($0).octets).title }
        #expect(ofSegments == [nil, "次の曲", "次の曲", "次の曲"])
        let ofParts = try segments[0].parts.map {
            try ID3Reader(PackedAudio.part($0, of: segments[0].header).octets).title
        }
        #expect(ofParts == [nil] + Array(repeating: "Björk – Jóga", count: 5))
    }

    @Test("the frames are shared with the store")
    func copiesNothing() throws {
        let audio = try EncodedAudio.mp3At44100.get()
        let segment = try #require(TestSegments(audio: audio).cut(fromSlot: Self.slot).first)
        let addresses = { (buffer: ByteBuffer) in buffer.withUnsafeReadableBytes { $0.baseAddress } }
        #expect(PackedAudio.segment(segment).dropFirst().map(addresses) == segment.parts.map { addresses($0.bytes) })
        #expect(
            addresses(PackedAudio.part(segment.parts[2], of: segment.header)[1]) == addresses(segment.parts[2].bytes)
        )
    }

    @Test(
        "ffprobe finds all frames and the title of a segment, and ffmpeg decodes it without a word",
        arguments: EncodedAudio.all
    )
    func pleasesFFmpeg(audio: EncodedAudio) throws {
        let titles = [Title(time: Timestamp(milliseconds: 0), text: "Ärzte; = \"Lied\"")]
        let segment = try #require(TestSegments(audio: audio, titles: titles).cut(fromSlot: Self.slot).first)
        let directory = try TemporaryDirectory()
        let file = "segment.\(Container.packedAudio.fileExtension(for: audio.format.codec))"
        try directory.write(PackedAudio.segment(segment), to: file)

        let sizes = try MediaTool.packets(of: file, in: directory).map(\.size)
        #expect(sizes == segment.parts.flatMap { $0.frameLengths.map(Int.init) })
        let tags = try MediaTool.run(
            ["ffprobe", "-v", "error", "-show_entries", "format_tags=title", "-of", "default=nk=1:nw=1", file],
            in: directory
        )
        #expect(tags.output == "Ärzte; = \"Lied\"\n")
        let decoded = try MediaTool.run(["ffmpeg", "-v", "warning", "-i", file, "-f", "null", "-"], in: directory)
        #expect(decoded.status == 0)
        #expect(decoded.errors.split(separator: "\n").filter { !$0.contains("Estimating duration") }.isEmpty)
    }
}

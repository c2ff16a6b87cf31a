// TransportStreamTests: transport streams as readers of others, and a strict one of ours, see them.

import HLS
import NIOCore
import Segmenter
import Testing

@Suite struct TransportStreamTests {
    private static let slot: Int64 = 310_972_500
    private let stream = TransportStream(grid: .standard)

    /// A slot two before the one in which a multiple of `period` ticks falls, in 2027.
    private static func slot(before period: Int64) -> Int64 {
        let multiple = 1_800_000_000 * 90_000 / period + 1
        return multiple * period / 90 / 5_760 - 2
    }

    @Test("ffmpeg made every kind of audio that these tests are about")
    func hasAudio() {
        #expect(EncodedAudio.all.count == EncodedAudio.kinds)
        #expect(EncodedAudio.all.allSatisfy { $0.frames.count > 400 })
    }

    @Test(
        "segments in a row are one stream to a strict reader, with every octet of every frame",
        arguments: EncodedAudio.all
    )
    func keepsFrames(audio: EncodedAudio) throws {
        let segments = TestSegments(audio: audio).cut(fromSlot: Self.slot)
        #expect(segments.count == 4)

        let reader = try TransportStreamReader(segments.map(self.stream.segment).octets)

        #expect(reader.units.flatMap(\.bytes) == segments.flatMap { $0.parts.map(\.bytes) }.octets)
        let expectedType: UInt8 = audio.format.codec == .aac ? 0x0F : audio.format.profile >> 2 == 3 ? 0x03 : 0x04
        #expect(reader.streamType == expectedType)
    }

    @Test("each PES packet holds whole frames, about 2.9 kB, and the time of its first", arguments: EncodedAudio.all)
    func stampsFrames(audio: EncodedAudio) throws {
        let segments = TestSegments(audio: audio).cut(fromSlot: Self.slot)
        let reader = try TransportStreamReader(segments.map(self.stream.segment).octets)
        let first = try #require(segments.first).header.firstSample

        // Where each frame begins in the audio: a PES packet must begin at one of these.
        var frameAt: [Int: Int64] = [:]
        var offset = 0
        for (index, frame) in audio.frames.enumerated() {
            frameAt[offset] = Int64(index)
            offset += frame.readableBytes
        }
        offset = 0
        for unit in reader.units {
            let sample = first + (try #require(frameAt[offset])) * Int64(audio.format.samplesPerFrame)
            let ticks = Int128(sample) * 90_000 / Int128(audio.format.sampleRate) % (Int128(1) << 33)
            #expect(unit.pts == Int64(ticks))
            #expect(unit.bytes.count <= 2_922)
            offset += unit.bytes.count
        }
        #expect(offset / reader.units.count > 2_000)
    }

    @Test("the clock reference of each PES packet is two frames before its time", arguments: EncodedAudio.all)
    func writesClock(audio: EncodedAudio) throws {
        let segments = TestSegments(audio: audio).cut(fromSlot: Self.slot)
        let reader = try TransportStreamReader(segments.map(self.stream.segment).octets)
        let lead = 2 * Int64(audio.format.samplesPerFrame) * 90_000 / Int64(audio.format.sampleRate)
        #expect(reader.clocks.count == reader.units.count)
        for (clock, unit) in zip(reader.clocks, reader.units) {
            #expect([lead, lead + 1].contains(unit.pts - clock))
        }
    }

    @Test("the audio packets of each segment are a multiple of 16, counted from 0", arguments: EncodedAudio.all)
    func padsSegments(audio: EncodedAudio) throws {
        for segment in TestSegments(audio: audio).cut(fromSlot: Self.slot) {
            let bytes = self.stream.segment(segment)
            let reader = try TransportStreamReader(Array(bytes.readableBytesView))
            #expect(reader.audioPacketCount.isMultiple(of: 16))
            let firstAudio = try #require(reader.units.first).packet
            #expect(firstAudio == 2)
            #expect(bytes.getInteger(at: firstAudio * 188 + 3, as: UInt8.self).map { $0 & 0xF } == 0)
            #expect(bytes.readableBytes == self.stream.byteCount(of: segment))
        }
    }

    @Test(
        "only the last PES packet of a segment is spread over more packets than it needs",
        arguments: EncodedAudio.all
    )
    func padsTheLastOnly(audio: EncodedAudio) throws {
        for segment in TestSegments(audio: audio).cut(fromSlot: Self.slot) {
            let bytes = Array(self.stream.segment(segment).readableBytesView)
            let reader = try TransportStreamReader(bytes)
            let audioPackets = reader.pids.indices.filter { reader.pids[$0] == 0x100 }
            let starts = reader.units.map(\.packet)
            for (index, unit) in reader.units.enumerated() {
                let end = index + 1 < starts.count ? starts[index + 1] : reader.pids.count
                let count = audioPackets.count { (unit.packet..<end).contains($0) }
                let needed = (unit.bytes.count + 14 + 8 + 183) / 184
                #expect(index == starts.count - 1 ? (needed..<needed + 16).contains(count) : count == needed)
            }
        }
    }

    @Test("tables open each part and are counted by the number of their part, over segments too")
    func countsTables() throws {
        let audio = try EncodedAudio.aacAt48000.get()
        for segment in TestSegments(audio: audio).cut(fromSlot: Self.slot) {
            for index in 0..<6 {
                let part = try #require(self.stream.part(index, of: segment))
                let expected = UInt8((segment.slot * 6 + Int64(index)) % 16)
                for packet in 0..<2 {
                    #expect(part.getInteger(at: packet * 188 + 3, as: UInt8.self) == 0x10 | expected)
                }
                #expect(part.getInteger(at: 1, as: UInt16.self) == 0x4000)
                #expect(part.getInteger(at: 189, as: UInt16.self) == 0x5000)
                // The first audio packet: a start, with random access and a clock.
                #expect(part.getInteger(at: 377, as: UInt16.self) == 0x4100)
                #expect(part.getInteger(at: 381, as: UInt8.self) == 0x50)
            }
        }
    }

    @Test(
        "a segment is the concatenation of its parts, each made when only the earlier ones were there",
        arguments: EncodedAudio.all
    )
    func isTheSumOfItsParts(audio: EncodedAudio) throws {
        for segment in TestSegments(audio: audio).cut(fromSlot: Self.slot) {
            var growing = Segment(header: segment.header)
            var parts: [ByteBuffer] = []
            for part in segment.parts {
                #expect(self.stream.part(part.index, of: growing) == nil)
                growing.append(part, isLast: part.index == 5)
                parts.append(try #require(self.stream.part(part.index, of: growing)))
            }
            #expect(parts.octets == Array(self.stream.segment(segment).readableBytesView))
        }
    }

    @Test("the tables are those of another muxer's octets")
    func writesKnownTables() throws {
        let audio = try EncodedAudio.aacAt48000.get()
        let segment = try #require(TestSegments(audio: audio).cut(fromSlot: 0).first)
        let bytes = Array(self.stream.segment(segment).readableBytesView)
        // ffmpeg's own PAT and PMT for a lone AAC stream, with the same PIDs.
        let directory = try TemporaryDirectory()
        try directory.write([ByteBuffer(bytes: segment.parts.map(\.bytes).octets)], to: "in.aac")
        let options = [
            "-mpegts_transport_stream_id", "1", "-mpegts_flags", "-pat_pmt_at_frames", "-sdt_period", "1000",
        ]
        let made = try MediaTool.run(
            ["ffmpeg", "-v", "error", "-i", "in.aac", "-c", "copy", "-f", "mpegts"] + options + ["out.ts"],
            in: directory
        )
        #expect(made.status == 0, "\(made.errors)")
        let theirs = Array(try directory.read("out.ts"))
        for pid in [0, 0x1000] {
            let start: [UInt8] = [0x47, 0x40 | UInt8(pid >> 8), 0]
            let offsets = stride(from: 0, to: theirs.count, by: 188)
            let offset = try #require(offsets.first { Array(theirs[$0..<$0 + 3]) == start })
            let ours = pid == 0 ? bytes[4..<188] : bytes[192..<376]
            #expect(Array(ours) == Array(theirs[offset + 4..<offset + 188]))
        }
    }

    @Test("ffprobe and ffmpeg find all frames in order, and have nothing to complain of", arguments: EncodedAudio.all)
    func pleasesFFmpeg(audio: EncodedAudio) throws {
        let segments = TestSegments(audio: audio).cut(fromSlot: Self.slot)
        try self.check(segments, audio: audio)
    }

    @Test("the same across 2^33 and 2^32 ticks", arguments: EncodedAudio.all, [Int64(1) << 33, 1 << 32])
    func pleasesFFmpegAcrossTheWrap(audio: EncodedAudio, period: Int64) throws {
        let segments = TestSegments(audio: audio).cut(fromSlot: Self.slot(before: period))
        let reader = try TransportStreamReader(segments.map(self.stream.segment).octets)
        let laps = Set(reader.units.map { $0.pts / period })
        #expect(laps.count == 2 || reader.units.contains { $0.pts < reader.units[0].pts }, "the wrap lies inside")
        try self.check(segments, audio: audio)
    }

    @Test("a restarted counter is what ffmpeg does complain of")
    func ffmpegNoticesBrokenCounters() throws {
        let audio = try EncodedAudio.mp3At48000.get()
        let segments = TestSegments(audio: audio).cut(fromSlot: Self.slot)
        var bytes = segments.map(self.stream.segment).octets
        // Drop one audio packet of the second segment.
        let dropped = self.stream.byteCount(of: segments[0]) + 188 * 40
        bytes.removeSubrange(dropped..<dropped + 188)
        let directory = try TemporaryDirectory()
        try directory.write([ByteBuffer(bytes: bytes)], to: "all.ts")
        let decoded = try MediaTool.run(["ffmpeg", "-v", "debug", "-i", "all.ts", "-f", "null", "-"], in: directory)
        #expect(decoded.errors.contains("Continuity check failed"))
        #expect(throws: TransportStreamReader.Violation.self) { try TransportStreamReader(bytes) }
    }

    @Test("frames too small to share a segment's padding well, and frames over 2.9 kB, are packaged all the same")
    func packagesExtremes() throws {
        for length in [7, 9, 16, 100, 2_922, 2_923, 8_191] {
            let frame = ByteBuffer(repeating: UInt8(truncatingIfNeeded: length), count: length)
            let format = AudioFormat(
                codec: .aac,
                profile: 2,
                channels: 2,
                sampleRate: 48_000,
                samplesPerFrame: 46_080
            )
            let audio = EncodedAudio(name: "\(length)", format: format, frames: Array(repeating: frame, count: 6))
            let segment = try #require(TestSegments(audio: audio).cut(fromSlot: Self.slot).first)
            let reader = try TransportStreamReader(Array(self.stream.segment(segment).readableBytesView))
            #expect(reader.units.map(\.bytes.count) == Array(repeating: length, count: 6))
            #expect(reader.audioPacketCount.isMultiple(of: 16))
        }
    }

    @Test("a part without a frame is its tables, and the others are as they would be")
    func packagesEmptyParts() throws {
        let audio = try EncodedAudio.aacAt48000.get()
        let segment = try #require(TestSegments(audio: audio).cut(fromSlot: Self.slot).first)
        let empty = Part(slot: segment.slot, index: 5, samplesBefore: 0, bytes: ByteBuffer(), frameLengths: [])
        let holed = Segment(header: segment.header, parts: segment.parts.dropLast() + [empty], isComplete: true)
        #expect(self.stream.part(5, of: holed)?.readableBytes == 376)
        #expect(self.stream.part(4, of: holed) == self.stream.part(4, of: segment))
    }

    /// Has ffprobe list the frames of consecutive segments, and ffmpeg decode them.
    private func check(_ segments: [Segment], audio: EncodedAudio) throws {
        let directory = try TemporaryDirectory()
        try directory.write(segments.map(self.stream.segment), to: "all.ts")

        let packets = try MediaTool.packets(of: "all.ts", in: directory)
        #expect(packets.map(\.size) == segments.flatMap { $0.parts.flatMap { $0.frameLengths.map(Int.init) } })
        let duration = Double(audio.format.samplesPerFrame) * 90_000 / Double(audio.format.sampleRate)
        for (packet, next) in zip(packets, packets.dropFirst()) {
            // Within a PES packet ffmpeg adds up rounded durations; at its end it returns to ours.
            #expect(abs(Double((next.pts - packet.pts) & 0x1_FFFF_FFFF) - duration) <= 12)
        }

        let decoded = try MediaTool.run(["ffmpeg", "-v", "warning", "-i", "all.ts", "-f", "null", "-"], in: directory)
        #expect(decoded.status == 0)
        #expect(decoded.errors == "")
        let parsed = try MediaTool.run(["ffmpeg", "-v", "debug", "-i", "all.ts", "-f", "null", "-"], in: directory)
        #expect(parsed.errors.contains("mpegts"))
        #expect(!parsed.errors.contains("Continuity check failed"))
    }
}

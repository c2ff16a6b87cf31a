// RewindDumpTests: StreamMachine's dumps, read byte by byte.

import NIOCore
import Segmenter
import Testing

@testable import Archive

@Suite struct RewindDumpTests {
    private static let time = RewindDumpWriter.midnight + 33_121_132

    /// Chunks of a few bytes each, two seconds apart.
    private static func chunks(_ count: Int, title: String? = "A title") -> [RewindDumpWriter.Chunk] {
        (0..<count).map {
            RewindDumpWriter.Chunk(time: self.time + Int64($0) * 2_000, title: title, audio: [0xFF, UInt8($0 & 0xFF)])
        }
    }

    private func failure(of bytes: ByteBuffer) -> RewindDumpError? {
        do throws(RewindDumpError) {
            _ = try RewindDump(bytes)
            return nil
        } catch {
            return error
        }
    }

    @Test("a dump gives its header, and its chunks oldest first with time, duration, title and bytes")
    func reads() throws {
        var chunks = Self.chunks(3)
        chunks[2].title = "Ελλάς \\\"live\\\""
        chunks[2].url = "https://example.org/now"
        chunks[1].milliseconds = "1985.306122448979"
        let hls = ",\"hls\":{\"segmentMap\":{\"1795425120000\":17},\"segmentSeq\":18,\"nextSegment\":null}"
        let dump = try RewindDump(RewindDumpWriter(chunks, hls: hls).bytes)
        #expect(dump.header.start == Timestamp(milliseconds: Self.time))
        #expect(dump.header.end == Timestamp(milliseconds: Self.time + 4_000))
        #expect(dump.header.secondsPerChunk == 2 && dump.header.streamKey == "mp3-44100-128-s")
        #expect(dump.chunks.map(\.time.milliseconds) == [Self.time, Self.time + 2_000, Self.time + 4_000])
        #expect(dump.chunks.map(\.milliseconds) == [2_011, 1_985, 2_011])
        #expect(dump.chunks.map { Array($0.bytes.readableBytesView) } == [[0xFF, 0], [0xFF, 1], [0xFF, 2]])
        #expect(dump.chunks.first?.title == Title(time: Timestamp(milliseconds: Self.time), text: "A title"))
        let last = try #require(dump.chunks.last)
        #expect(last.title == Title(time: last.time, text: "Ελλάς \"live\"", url: "https://example.org/now"))
    }

    @Test("a dump in the middle of a buffer is read from the reader index on")
    func readsFromTheReaderIndex() throws {
        var bytes = ByteBuffer(bytes: [1, 2, 3])
        bytes.writeImmutableBuffer(RewindDumpWriter(Self.chunks(2)).bytes)
        bytes.moveReaderIndex(forwardBy: 3)
        #expect(RewindDump.isDump(bytes))
        #expect(try RewindDump(bytes).chunks.map { Array($0.bytes.readableBytesView) } == [[0xFF, 0], [0xFF, 1]])
    }

    @Test("the longest chunk that the format has is read, behind the longest JSON")
    func longest() throws {
        var chunk = RewindDumpWriter.Chunk(time: Self.time, title: "", audio: Array(repeating: 0x55, count: 65_535))
        chunk.title = String(repeating: "x", count: 255 - chunk.meta.utf8.count)
        #expect(chunk.meta.utf8.count == 255)
        let read = try #require(try RewindDump(RewindDumpWriter([chunk]).bytes).chunks.first)
        #expect(read.bytes.readableBytes == 65_535 && read.title?.text == chunk.title)
    }

    @Test("chunks behind 16 MiB, where a buffer has no slices, have the right bytes")
    func large() throws {
        let chunks = (0..<300).map { number in
            RewindDumpWriter.Chunk(
                time: Self.time + Int64(number) * 2_000,
                audio: Array(repeating: UInt8(number & 0xFF), count: 60_000)
            )
        }
        let dump = try RewindDump(RewindDumpWriter(chunks).bytes)
        #expect(dump.chunks.count == 300)
        for (chunk, expected) in zip(dump.chunks, chunks) {
            #expect(chunk.bytes == ByteBuffer(bytes: expected.audio))
        }
    }

    @Test("times may be counts of milliseconds, and what is not a title or duration counts as absent")
    func lenient() throws {
        var writer = RewindDumpWriter(header: "{\"secs_per_chunk\":null}")
        writer.write(meta: "{\"duration\":null,\"meta\":null,\"ts\":\(Self.time + 6_000)}", audio: [4])
        writer.write(meta: "{\"ts\":\(Self.time + 4_000),\"meta\":{\"StreamTitle\":7},\"duration\":1e300}", audio: [3])
        writer.write(meta: "{\"ts\":\(Self.time + 2_000),\"meta\":\"text\",\"duration\":-1}", audio: [2])
        writer.write(meta: "{\"ts\":\(Self.time),\"meta\":{\"StreamTitle\":\"\",\"StreamUrl\":null}}", audio: [1])
        let dump = try RewindDump(writer.bytes)
        #expect(dump.header == (try RewindDump(RewindDumpWriter(header: "{}").bytes)).header)
        #expect(dump.chunks.map { Array($0.bytes.readableBytesView) } == [[1], [2], [3], [4]])
        #expect(dump.chunks.allSatisfy { $0.milliseconds == nil })
        #expect(dump.chunks.map { $0.title?.text } == ["", nil, nil, nil])
    }

    @Test("chunks are sorted by time, and of two with the same time the one read first stays")
    func sorts() throws {
        var writer = RewindDumpWriter(header: "{}")
        for (seconds, byte) in [(4, 1), (8, 2), (4, 3), (0, 4), (8, 5), (6, 6)] as [(Int64, UInt8)] {
            writer.write(RewindDumpWriter.Chunk(time: Self.time + seconds * 1_000, audio: [byte]))
        }
        let chunks = try RewindDump(writer.bytes).chunks
        #expect(chunks.map { $0.time.milliseconds - Self.time } == [0, 4_000, 6_000, 8_000])
        #expect(chunks.map { Array($0.bytes.readableBytesView) } == [[4], [1], [6], [2]])
    }

    @Test("no bytes are refused as the dump of an empty buffer")
    func empty() {
        #expect(self.failure(of: ByteBuffer()) == .empty)
        #expect(!RewindDump.isDump(ByteBuffer()))
    }

    @Test("a dump cut at any byte is refused as truncated, with the number of whole chunks before the cut")
    func truncated() throws {
        let writer = RewindDumpWriter(Self.chunks(4))
        let whole = writer.bytes
        for length in 1..<whole.readableBytes {
            let start = try #require(whole.getSlice(at: 0, length: length))
            let error = try #require(self.failure(of: start))
            #expect(error.code == .truncated, "at \(length)")
            #expect(error.offset == length)
            #expect(error.wholeChunks == max(0, writer.ends.filter { $0 <= length }.count - 1))
            #expect(error.message.contains("byte \(length)"))
            #expect(error.message.contains("\(error.wholeChunks) whole chunk"))
        }
        #expect(self.failure(of: whole) == nil)
    }

    @Test(
        "bytes that do not begin as a dump are refused at the byte that is wrong",
        arguments: [
            ([0xFF, 0xFB, 0x90, 0x00, 0, 0], 0, "length"),
            ([1, 0, 0, 0, 0x7B, 0x7D], 0, "length"),
            ([0, 0, 0, 0], 0, "length"),
            ([1, 0, 64, 0, 0x7B], 0, "length"),
            ([2, 0, 0, 0, 0x5B, 0x5D], 4, "JSON"),
            ([2, 0, 0, 0, 0x7B, 0x7B], 4, "JSON"),
            ([7, 0, 0, 0] + Array("{\"a\":1".utf8) + [0xC0], 4, "JSON"),
            ([16, 0, 0, 0] + Array("{\"start_ts\":1.5}".utf8), 4, "JSON"),
        ] as [([UInt8], Int, String)]
    )
    func badHeaders(bytes: [UInt8], offset: Int, expected: String) throws {
        let error = try #require(self.failure(of: ByteBuffer(bytes: bytes)))
        #expect(error.code == .badHeader)
        #expect(error.offset == offset && error.message.contains("byte \(offset)") && error.message.contains(expected))
    }

    @Test("a header that nests without end is refused")
    func nested() {
        let header = "{\"hls\":" + String(repeating: "[{\"a\":", count: 200_000)
        #expect(self.failure(of: RewindDumpWriter(header: header).bytes)?.code == .badHeader)
    }

    @Test(
        "a chunk without a readable time is refused",
        arguments: [
            "{}", "{\"ts\":null}", "{\"ts\":\"yesterday\"}", "{\"ts\":-1}", "{\"ts\":1e300}",
            "{\"ts\":253402300800000}",
            "{\"ts\":\"1969-12-31T23:59:59.999Z\"}", "{\"ts\":{}}", "[\"ts\"]", "{\"ts\":0", "{", "",
        ]
    )
    func badTimes(meta: String) throws {
        var writer = RewindDumpWriter(header: "{}")
        writer.write(meta: "{\"ts\":\(Self.time)}", audio: [1])
        let offset = writer.bytes.writerIndex
        writer.write(meta: meta, audio: [2])
        let error = try #require(self.failure(of: writer.bytes))
        #expect(error.code == .badChunk && error.wholeChunks == 1)
        #expect((offset...offset + 1).contains(error.offset))
        #expect(error.message.contains("byte \(error.offset)") && error.message.contains("\"ts\""))
    }

    @Test("a chunk of more than 65,535 bytes spoils what follows: the error says where, and that nothing mends it")
    func longAudio() throws {
        var chunks = Self.chunks(3)
        chunks[1].audio = (0..<80_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let writer = RewindDumpWriter(chunks)
        let error = try #require(self.failure(of: writer.bytes))
        #expect(error.code == .badChunk && error.wholeChunks == 2)
        #expect(error.offset > writer.ends[1] && error.offset < writer.ends[2])
        #expect(error.message.contains("65,535 bytes") && error.message.contains("cannot be repaired"))
    }

    @Test("JSON of more than 255 bytes spoils what follows, and is told in the same way")
    func longMeta() throws {
        var chunks = Self.chunks(3)
        chunks[1].title = String(repeating: "a", count: 300)
        let writer = RewindDumpWriter(chunks)
        let error = try #require(self.failure(of: writer.bytes))
        #expect(error.code == .badChunk && error.wholeChunks == 1 && error.offset == writer.ends[1] + 1)
        #expect(error.message.contains("150 bytes") && error.message.contains("cannot be repaired"))
    }

    @Test("a dump is recognised by its first five bytes, and other audio and our own files are not")
    func recognises() throws {
        let dump = RewindDumpWriter(Self.chunks(1)).bytes
        #expect(RewindDump.isDump(dump))
        #expect(RewindDump.isDump(try #require(dump.getSlice(at: 0, length: 5))))
        let others: [[UInt8]] = [
            [], [2], [2, 0, 0, 0], [1, 0, 0, 0, 0x7B], [0, 0, 0, 0x40, 0x7B], [2, 0, 0, 0, 0x5B],
        ]
        for bytes in others { #expect(!RewindDump.isDump(ByteBuffer(bytes: bytes))) }
        for text in ["ID3\u{4}\u{0}\u{0}", "{\"ts\":1}", "RIFF{", "OggS\u{0}"] {
            #expect(!RewindDump.isDump(ByteBuffer(string: text)))
        }
    }

    @Test("recorded audio goes through a dump onto the grid with every frame and title, whatever the dump's order")
    func ontoTheGrid() throws {
        let audio = try AudioFixture.bytes("mp3-cbr128-48000-stereo.mp3")
        // 384 bytes a frame, 24 ms: chunks of 84 frames, as StreamMachine makes them.
        let size = 84 * 384
        var writer = RewindDumpWriter(header: "{}")
        for place in [0, 1] {
            let end = min(audio.count, (place + 1) * size)
            let time = Self.time + Int64(place) * 84 * 24
            writer.write(
                RewindDumpWriter.Chunk(time: time, title: "Title \(place)", audio: Array(audio[place * size..<end]))
            )
        }
        var dated = DatedAudio(grid: .standard)
        var published: [Publication] = []
        for chunk in try RewindDump(writer.bytes).chunks {
            published += try dated.append(chunk.bytes, at: chunk.time, title: chunk.title)
        }
        published += dated.finish()
        let heard = published.flatMap { publication in
            var bytes = publication.part.bytes
            return publication.part.frameLengths.enumerated().flatMap { index, length in
                let frame = bytes.readBytes(length: Int(length)) ?? []
                return publication.part.silences.contains { $0.contains(index) } ? [] : frame
            }
        }
        #expect(heard == audio)
        let titles = published.flatMap { [$0.part.title] + $0.part.titleChanges.map(\.title) }.compactMap { $0?.text }
        #expect(Set(titles) == ["Title 0", "Title 1"])
    }

    @Test("20,000 mutations of a dump are read or refused, and what is read lies within the bytes given")
    func mutations() {
        var generator = SeededGenerator(seed: 15)
        let whole = Array(RewindDumpWriter(Self.chunks(6), hls: ",\"hls\":{\"segmentMap\":{}}").bytes.readableBytesView)
        var refusals: [RewindDumpError.Code: Int] = [:]
        var accepted = 0
        for _ in 0..<20_000 {
            let bytes = Self.mutated(whole, using: &generator)
            do throws(RewindDumpError) {
                let dump = try RewindDump(ByteBuffer(bytes: bytes))
                accepted += 1
                #expect(zip(dump.chunks, dump.chunks.dropFirst()).allSatisfy { $0.time < $1.time })
                #expect(dump.chunks.reduce(0) { $0 + $1.bytes.readableBytes } < bytes.count)
                #expect(dump.chunks.allSatisfy { DatedAudio.times.contains($0.time) })
            } catch {
                refusals[error.code, default: 0] += 1
                #expect(error.offset <= bytes.count && error.wholeChunks <= bytes.count / 11)
            }
        }
        #expect(accepted > 100)
        #expect([.badHeader, .badChunk, .truncated].allSatisfy { refusals[$0, default: 0] > 100 })
    }

    private static let odd = Array("[{\"ts\":9e9,\\u0000\\ud800".utf8)

    /// The bytes with some changed, cut out, doubled or made up.
    private static func mutated(_ whole: [UInt8], using generator: inout SeededGenerator) -> [UInt8] {
        var bytes = whole
        for _ in 0..<Int.random(in: 1...3, using: &generator) {
            let place = Int.random(in: 0..<max(1, bytes.count), using: &generator)
            let end = min(bytes.count, place + Int.random(in: 1...40, using: &generator))
            switch Int.random(in: 0..<6, using: &generator) {
            case 0 where place < bytes.count: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            case 1 where place < bytes.count: bytes[place] = UInt8.random(in: .min ... .max, using: &generator)
            case 2: bytes.removeSubrange(min(place, end)..<end)
            case 3: bytes.insert(contentsOf: bytes[min(place, end)..<end], at: min(place, end))
            case 4: bytes.insert(contentsOf: Self.odd.shuffled(using: &generator), at: place)
            default: bytes.removeSubrange(place...)
            }
        }
        return bytes
    }
}

// DatedAudioTests: dated pieces of audio on the grid.

import NIOCore
import Testing

@testable import Segmenter

@Suite struct DatedAudioTests {
    /// 2026-11-23T09:00:01.234Z, inside a slot.
    private static let start: Int64 = 1_795_424_401_234_000
    private static let quick = SlotGrid(segmentMilliseconds: 2_000, partMilliseconds: 500)

    @Test("recorded frames come out as they went in, in full slots, each at its date", arguments: FrameFixture.allCases)
    func identity(fixture: FrameFixture) throws {
        let grid = try #require(Self.quick)
        let frames = FrameCut(try fixture.bytes()).frames
        let pieces = DatedPiece.pieces(frames, perPiece: 7, from: Self.start)
        let outcome = try DatedOutcome(pieces, grid: grid)
        #expect(outcome.audible.map(\.bytes) == frames.map { Array($0.bytes.readableBytesView) })
        #expect(outcome.droppedFrames == 0 && outcome.runs == [0..<frames.count])
        let first = Timestamp(milliseconds: Self.start / 1_000)
        #expect(outcome.published.first?.segment.slot == grid.slot(at: first))
        #expect(outcome.published.allSatisfy { !$0.segment.isDiscontinuous })
        for (place, laid) in outcome.audible.enumerated() {
            let half = (frames.duration(of: 1) + 1) / 2
            #expect(abs(laid.time - Self.start - frames.duration(of: place)) <= half + 3_000)
        }
    }

    @Test(
        "pieces that end anywhere inside frames give the same frames in the same places",
        arguments: 1...12 as ClosedRange<UInt64>
    )
    func anySlicing(seed: UInt64) throws {
        let grid = try #require(Self.quick)
        let fixture: FrameFixture = seed.isMultiple(of: 2) ? .cbr44100 : .aacStereo44100
        let frames = FrameCut(try fixture.bytes()).frames
        let whole = try DatedOutcome(DatedPiece.pieces(frames, perPiece: 20, from: Self.start), grid: grid)
        var generator = SeededNumbers(seed: seed)
        var pieces: [DatedPiece] = []
        var rest = DatedPiece(frames, at: Self.start).bytes
        let dates = frames.enumerated().flatMap { place, frame in
            let length = Int64(frame.bytes.readableBytes)
            return (0..<length).map { frames.duration(of: place) + $0 * frame.microseconds / length }
        }
        while rest.readableBytes > 0 {
            let length = min(rest.readableBytes, Int.random(in: 1...(seed > 6 ? 200 : 9_000), using: &generator))
            var piece = DatedPiece([], at: Self.start + dates[dates.count - rest.readableBytes])
            piece.bytes = rest.readSlice(length: length) ?? ByteBuffer()
            pieces.append(piece)
        }
        let sliced = try DatedOutcome(pieces, grid: grid)
        #expect(sliced.audible.map(\.bytes) == whole.audible.map(\.bytes))
        #expect(sliced.runs == [0..<frames.count] && sliced.droppedFrames == 0)
        #expect(zip(sliced.audible, whole.audible).allSatisfy { abs($0.time - $1.time) <= 2_000 })
    }

    @Test(
        "a hole is filled with silence, and what follows lies at its date",
        arguments: [60_000, 900_000, 12_345_000] as [Int64]
    )
    func holes(hole: Int64) throws {
        let frames = TestAudio.numbered(0..<300)
        let resumed = Self.start + frames.duration(of: 150) + hole
        let pieces =
            DatedPiece.pieces(Array(frames[..<150]), perPiece: 94, from: Self.start)
            + DatedPiece.pieces(Array(frames[150...]), perPiece: 94, from: resumed)
        let outcome = try DatedOutcome(pieces)
        #expect(outcome.audible.map(\.bytes) == frames.map { Array($0.bytes.readableBytesView) })
        #expect(outcome.runs == [0..<150, 150..<300])
        #expect(abs(outcome.audible[150].time - resumed) <= 10_667 + 3_000)
        #expect(outcome.published.allSatisfy { !$0.segment.isDiscontinuous })
    }

    @Test("up to 50 ms are no hole and no overlap", arguments: [49_000, 20_000, -20_000, -49_000] as [Int64])
    func smallDifferences(difference: Int64) throws {
        let frames = TestAudio.numbered(0..<300)
        // On a frame's place from the slot's edge on, so that no half frame of silence adds to the difference.
        let slot = SlotGrid.standard.slot(at: Timestamp(milliseconds: Self.start / 1_000))
        let start = SlotGrid.standard.edge(ofSlot: slot).milliseconds * 1_000
        let pieces =
            DatedPiece.pieces(Array(frames[..<150]), perPiece: 50, from: start)
            + DatedPiece.pieces(Array(frames[150...]), perPiece: 50, from: start + 3_200_000 + difference)
        let outcome = try DatedOutcome(pieces)
        #expect(outcome.audible.count == 300 && outcome.runs == [0..<300] && outcome.droppedFrames == 0)
    }

    @Test("frames whose time others have already are left out, and no more", arguments: [0, 40, 93, 94, 95, 150])
    func overlaps(repeated: Int) throws {
        let frames = TestAudio.numbered(0..<400)
        // The encoder came back and sent the last frames again, under new numbers.
        let again = TestAudio.numbered(1_000..<1_000 + repeated)
        let pieces =
            DatedPiece.pieces(Array(frames[..<200]), perPiece: 94, from: Self.start)
            + DatedPiece.pieces(
                again + Array(frames[200...]),
                perPiece: 94,
                from: Self.start + frames.duration(of: 200 - repeated)
            )
        let outcome = try DatedOutcome(pieces)
        #expect(TestAudio.numbers(of: outcome.published).compactMap { $0 } == Array(0..<400))
        #expect(outcome.droppedFrames == repeated && outcome.runs == [0..<400])
    }

    @Test("pieces that come twice are left out as a whole")
    func duplicates() throws {
        let pieces = DatedPiece.pieces(TestAudio.numbered(0..<282), perPiece: 94, from: Self.start)
        let outcome = try DatedOutcome([pieces[0], pieces[0], pieces[1], pieces[0], pieces[1], pieces[2]])
        #expect(TestAudio.numbers(of: outcome.published).compactMap { $0 } == Array(0..<282))
        #expect(outcome.droppedFrames == 3 * 94)
    }

    @Test(
        "dates that run faster or slower than the samples are followed without a hole or a loss",
        arguments: [400, -400] as [Int64],
        [0, 30_000] as [Int64]
    )
    func steering(partsPerMillion: Int64, jitter: Int64) throws {
        var generator = SeededNumbers(seed: 8)
        var audio = DatedAudio(grid: .standard)
        var published: [Publication] = []
        let frames = TestAudio.numbered(0..<94)
        var worst: Int64 = 0
        for number in 0..<600 {
            let elapsed = frames.duration(of: 94 * number)
            let date = Self.start + elapsed + elapsed * partsPerMillion / 1_000_000
            let piece = DatedPiece(frames, at: date + Int64.random(in: -jitter...jitter, using: &generator))
            published += try audio.append(piece.bytes, at: piece.time, title: nil)
            let end = date + frames.duration(of: 94)
            if number > 10 { worst = max(worst, abs((audio.position ?? 0) - end)) }
        }
        published += audio.finish()
        published.expectFullSlots(on: .standard)
        #expect(worst < 15_000 + jitter / 4)
        #expect(audio.droppedFrames == 0)
        #expect(published.reduce(0) { $0 + $1.laidFrames.count { !$0.isSilence } } == 94 * 600)
    }

    @Test("a piece's date is that of its first byte, though that lies inside a frame")
    func datesInsideFrames() throws {
        let frames = TestAudio.numbered(0..<9_400)
        let length = frames[0].bytes.readableBytes
        var rest = DatedPiece(frames, at: Self.start).bytes
        var pieces: [DatedPiece] = []
        while rest.readableBytes > 0 {
            // Every piece ends two octets before the end of a frame.
            let date = Self.start + frames.duration(of: 1) * Int64(rest.readerIndex) / Int64(length)
            var piece = DatedPiece([], at: date)
            let size = 94 * length - (pieces.isEmpty ? 2 : 0)
            piece.bytes = rest.readSlice(length: min(size, rest.readableBytes)) ?? ByteBuffer()
            pieces.append(piece)
        }
        let outcome = try DatedOutcome(pieces)
        #expect(outcome.audible.count == 9_400)
        let last = try #require(outcome.audible.last)
        #expect(abs(last.time - Self.start - frames.duration(of: 9_399)) <= 5_000)
    }

    @Test("after a hole the first MP3 frames that need bytes from before it are silenced, all others are as they were")
    func mends() throws {
        let frames = FrameCut(try FrameFixture.cbr44100.bytes()).frames
        let resumed = Self.start + 30_000_000
        let pieces =
            DatedPiece.pieces(Array(frames[..<60]), perPiece: 20, from: Self.start)
            + DatedPiece.pieces(Array(frames[60...]), perPiece: 20, from: resumed)
        let outcome = try DatedOutcome(pieces)
        var mend = ReservoirMend()
        let expected = frames[..<60] + frames[60...].map { mend.mend($0) }
        #expect(outcome.audible.map(\.bytes) == expected.map { Array($0.bytes.readableBytesView) })
        #expect(expected[60] != frames[60] && expected[75...] == frames[75...])
    }

    @Test("another format begins at a slot's edge behind a discontinuity")
    func changes() throws {
        let old = TestAudio.numbered(0..<200)
        let new = TestAudio.numbered(1_000..<2_000, rate: 44_100)
        let change = Self.start + old.duration(of: 200)
        let pieces =
            DatedPiece.pieces(old, perPiece: 50, from: Self.start) + DatedPiece.pieces(new, perPiece: 50, from: change)
        let outcome = try DatedOutcome(pieces)
        let numbers = TestAudio.numbers(of: outcome.published).compactMap { $0 }
        #expect(Array(numbers.prefix(200)) == Array(0..<200))
        #expect(Array(numbers.dropFirst(200)) == Array((1_000 + outcome.droppedFrames)..<2_000))
        let next = try #require(outcome.published.first { $0.segment.format.sampleRate == 44_100 })
        #expect(next.segment.isDiscontinuous && next.part.index == 0)
        // Only what the old format's silence took is missing.
        #expect(outcome.droppedFrames > 0 && outcome.droppedFrames < 5_760_000 / 23_219)
        let place = outcome.audible[200].time - change - new.duration(of: outcome.droppedFrames)
        #expect(abs(place) <= 12_000)
    }

    @Test("another format behind a hole enters inside the hole, and loses nothing")
    func changesInsideHole() throws {
        let old = TestAudio.numbered(0..<200)
        let new = TestAudio.numbered(1_000..<1_400, rate: 44_100)
        let resumed = Self.start + 60_000_000
        let pieces =
            DatedPiece.pieces(old, perPiece: 50, from: Self.start) + DatedPiece.pieces(new, perPiece: 50, from: resumed)
        let outcome = try DatedOutcome(pieces)
        let expected = Array(0..<200) + Array(1_000..<1_400)
        #expect(TestAudio.numbers(of: outcome.published).compactMap { $0 } == expected)
        #expect(abs(outcome.audible[200].time - resumed) <= 11_610 + 3_000)
        #expect(outcome.published.count { $0.segment.isDiscontinuous && $0.part.index == 0 } == 1)
    }

    @Test("formats that alternate from frame to frame cost no more than a slot for a slot of audio")
    func alternatingFormats() throws {
        var frames: [Frame] = []
        for number in 0..<500 {
            frames += TestAudio.numbered(2 * number..<2 * number + 2, rate: number.isMultiple(of: 2) ? 48_000 : 44_100)
        }
        let outcome = try DatedOutcome([DatedPiece(frames, at: Self.start)])
        let slots = Set(outcome.published.map(\.segment.slot)).count
        #expect(slots <= 1_000 * 23_220 / 5_760_000 + 3)
        #expect(outcome.droppedFrames + outcome.audible.count == 1_000)
    }

    @Test("a title begins with the first frame of its piece, and is announced once")
    func titles() throws {
        var pieces = DatedPiece.pieces(TestAudio.numbered(0..<470), perPiece: 94, from: Self.start)
        for (place, text) in ["", "One", "One", "Two", ""].enumerated() {
            pieces[place].title = Title(time: pieces[place].time, text: text)
        }
        let outcome = try DatedOutcome(pieces)
        let titles = outcome.audible.map(\.title?.text)
        let ones = Array(repeating: "One" as String?, count: 188)
        let twos = Array(repeating: "Two" as String?, count: 94)
        #expect(titles == Array(repeating: nil, count: 94) + ones + twos + Array(repeating: "", count: 94))
        let times = Set(outcome.audible.compactMap(\.title).map(\.time))
        #expect(times.count == 3)
        #expect(times.contains(Timestamp(milliseconds: outcome.audible[94].time / 1_000)))
    }

    @Test("a title later than its piece begins at its time, and one of a piece that was left out never does")
    func otherTitles() throws {
        var pieces = DatedPiece.pieces(TestAudio.numbered(0..<376), perPiece: 94, from: Self.start)
        pieces[1].title = Title(time: pieces[1].time.advanced(byMilliseconds: 1_000), text: "Later")
        pieces.insert(pieces[0], at: 2)
        pieces[2].title = Title(time: pieces[2].time, text: "Again")
        let outcome = try DatedOutcome(pieces)
        let begin = try #require(outcome.audible.firstIndex { $0.title?.text == "Later" })
        #expect(abs(outcome.audible[begin].time - outcome.audible[94].time - 1_000_000) <= 21_334)
        #expect(outcome.frames.allSatisfy { $0.title == nil || $0.title?.text == "Later" })
        #expect(outcome.droppedFrames == 94)
    }

    @Test("audio that ends on a slot's edge has no silence behind it")
    func endsAtEdge() throws {
        let slot = SlotGrid.standard.slot(at: Timestamp(milliseconds: Self.start / 1_000))
        let edge = SlotGrid.standard.edge(ofSlot: slot).milliseconds * 1_000
        let exact = try DatedOutcome([DatedPiece(TestAudio.numbered(0..<540), at: edge)])
        #expect(exact.frames.count == 540 && exact.audible.count == 540)
        #expect(exact.published.count == 12 && exact.published.last?.segment.slot == slot + 1)
        let longer = try DatedOutcome([DatedPiece(TestAudio.numbered(0..<541), at: edge)])
        #expect(longer.frames.count == 810 && longer.audible.count == 541)
    }

    @Test("without any audio nothing is published")
    func nothing() throws {
        #expect(try DatedOutcome([]).published.isEmpty)
        #expect(try DatedOutcome([DatedPiece([], at: Self.start, title: "A title")]).published.isEmpty)
    }

    @Test("a frame whose end never came is dropped, and the next piece loses nothing")
    func missingEnd() throws {
        let frames = FrameCut(try FrameFixture.aacStereo44100.bytes()).frames
        var first = DatedPiece(Array(frames[..<50]), at: Self.start)
        first.bytes.moveWriterIndex(to: first.bytes.writerIndex - 40)
        let resumed = Self.start + 8_000_000
        let outcome = try DatedOutcome([first, DatedPiece(Array(frames[50...]), at: resumed)])
        let expected = frames[..<49] + frames[50...]
        #expect(outcome.audible.map(\.bytes) == expected.map { Array($0.bytes.readableBytesView) })
        #expect(abs(outcome.audible[49].time - resumed) <= 11_610 + 3_000)
    }
}

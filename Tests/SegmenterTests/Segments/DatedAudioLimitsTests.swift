// DatedAudioLimitsTests: dated audio that is damaged, impossible or too much.

import NIOCore
import Testing

@testable import Segmenter

@Suite struct DatedAudioLimitsTests {
    /// 2026-11-23T09:00:01.234Z, inside a slot.
    private static let start: Int64 = 1_795_424_401_234_000

    @Test("another codec is refused with its time, for good, and what came before it is not lost")
    func codecChange() throws {
        var audio = DatedAudio(grid: .standard)
        let first = DatedPiece(TestAudio.numbered(0..<100), at: Self.start)
        var published = try audio.append(first.bytes, at: first.time, title: nil)
        let other = DatedPiece((0..<80).map { TestAudio.mp3($0) }, at: Self.start + 60_000_000)
        let error = try #require(other.failure(in: &audio))
        #expect(error.code == .codecChange)
        #expect(error.message.contains("from AAC to MP3 at 2026-11-23T09:01:01.234Z"))
        #expect(first.failure(in: &audio) == error)
        published += audio.finish()
        published.expectFullSlots(on: .standard)
        #expect(TestAudio.numbers(of: published).compactMap { $0 } == Array(0..<100))
    }

    @Test("bytes without frames are refused once that is certain, and frames before them are laid")
    func junk() throws {
        var audio = DatedAudio(grid: .standard)
        var piece = DatedPiece(TestAudio.numbered(0..<50), at: Self.start)
        piece.bytes.writeRepeatingByte(0x55, count: FrameDecoder.junkLimit + 1)
        let error = try #require(piece.failure(in: &audio))
        #expect(error.code == .unreadableAudio && error.message.contains("2026-11-23T09:00:01.234Z"))
        #expect(TestAudio.numbers(of: audio.finish()).compactMap { $0 } == Array(0..<50))

        var empty = DatedAudio(grid: .standard)
        piece.bytes = ByteBuffer(repeating: 0x55, count: FrameDecoder.sniffLimit + 1)
        #expect(piece.failure(in: &empty)?.code == .unreadableAudio)
        #expect(empty.finish().isEmpty && empty.position == nil)
    }

    @Test("frames that are longer than a part are refused")
    func longFrames() throws {
        let grid = try #require(SlotGrid(segmentMilliseconds: 2_000, partMilliseconds: 100))
        var audio = DatedAudio(grid: grid)
        let piece = DatedPiece(TestAudio.numbered(0..<20, rate: 8_000), at: Self.start)
        let error = try #require(piece.failure(in: &audio))
        #expect(error.code == .unsupportedFormat && error.message.contains("128 ms"))
    }

    @Test("times before 1970 and after 9999 are refused", arguments: [.min, -1, 253_402_300_800_000, .max] as [Int64])
    func impossibleTimes(milliseconds: Int64) {
        var audio = DatedAudio(grid: .standard)
        var piece = DatedPiece(TestAudio.numbered(0..<20), at: 0)
        piece.time = Timestamp(milliseconds: milliseconds)
        #expect(piece.failure(in: &audio)?.code == .impossibleTime)
    }

    @Test("the first and the last time that audio can have are laid")
    func outermostTimes() throws {
        for time in [DatedAudio.times.lowerBound, DatedAudio.times.upperBound] {
            var piece = DatedPiece(TestAudio.numbered(0..<300), at: 0, title: "A title")
            piece.time = time
            piece.title = Title(time: Timestamp(milliseconds: .max), text: "beyond all times")
            let outcome = try DatedOutcome([piece])
            #expect(outcome.audible.count == 300)
        }
    }

    @Test("a hole of hours is filled in portions of an hour")
    func longHole() throws {
        var audio = DatedAudio(grid: .standard)
        let first = DatedPiece(TestAudio.numbered(0..<100), at: Self.start)
        var published = try audio.append(first.bytes, at: first.time, title: nil)
        let resumed = Self.start + 5 * 3_600_000_000
        let second = DatedPiece(TestAudio.numbered(100..<200), at: resumed)
        var portions = [try audio.append(second.bytes, at: second.time, title: nil)]
        while audio.isFilling { portions.append(audio.fillOn()) }
        #expect(portions.count == 5)
        #expect(portions.allSatisfy { $0.count <= 3_600_000 / 960 + 4 })
        published += portions.joined()
        published += audio.finish()
        published.expectFullSlots(on: .standard)
        #expect(TestAudio.numbers(of: published).compactMap { $0 } == Array(0..<200))
        let audible = published.flatMap(\.laidFrames).filter { !$0.isSilence }
        #expect(abs(audible[100].time - resumed) <= 10_667 + 3_000)
        // All that silence is the same bytes.
        let silent = published.filter { $0.part.firstAudibleFrame() == nil }.map(\.part.bytes)
        let addresses = Set(silent.map { $0.withUnsafeReadableBytes { $0.baseAddress } })
        #expect(silent.count > 18_000 && addresses.count <= 4)
    }

    @Test("what was not filled when the next piece comes, or the end, is filled then")
    func unfilledHole() throws {
        var audio = DatedAudio(grid: .standard)
        var published: [Publication] = []
        for number in 0..<3 {
            let date = Self.start + Int64(number) * 2 * 3_600_000_000
            let piece = DatedPiece(TestAudio.numbered(number * 100..<number * 100 + 100), at: date)
            published += try audio.append(piece.bytes, at: piece.time, title: nil)
        }
        #expect(audio.isFilling)
        published += audio.finish()
        published.expectFullSlots(on: .standard)
        #expect(TestAudio.numbers(of: published).compactMap { $0 } == Array(0..<300))
    }

    @Test("holes of more than 31 days altogether are refused, and nothing is filled for them")
    func tooMuchSilence() throws {
        var audio = DatedAudio(grid: .standard)
        let first = DatedPiece(TestAudio.numbered(0..<100), at: Self.start)
        _ = try audio.append(first.bytes, at: first.time, title: nil)
        let second = DatedPiece(TestAudio.numbered(0..<100), at: Self.start + 3_600_000_000)
        _ = try audio.append(second.bytes, at: second.time, title: nil)
        while audio.isFilling { _ = audio.fillOn() }
        let far = DatedPiece(TestAudio.numbered(0..<100), at: Self.start + DatedAudio.mostSilence + 5_000_000)
        let error = try #require(far.failure(in: &audio))
        #expect(error.code == .tooMuchSilence && error.message.contains("31 days"))
        #expect(!audio.isFilling && audio.finish().count <= 6)
    }

    @Test("damaged pieces with any dates are laid in full slots or refused", arguments: 0..<40 as Range<UInt64>)
    func fuzz(seed: UInt64) throws {
        var generator = SeededNumbers(seed: seed)
        let grid = try #require(SlotGrid(segmentMilliseconds: 2_000, partMilliseconds: 500))
        let fixtures = FrameFixture.allCases
        var audio = DatedAudio(grid: grid)
        var published: [Publication] = []
        var date = Self.start
        let first = try fixtures[Int(seed) % fixtures.count].bytes()
        let bytes = first + (try fixtures[Int(seed / 3) % fixtures.count].bytes())
        for _ in 0..<60 {
            var piece = DatedPiece([], at: date, title: "\(Int.random(in: 0..<4, using: &generator))")
            let place = Int.random(in: 0..<bytes.count, using: &generator)
            var part = Array(bytes[place..<min(bytes.count, place + Int.random(in: 0...9_000, using: &generator))])
            for _ in 0..<Int.random(in: 0...3, using: &generator) where !part.isEmpty {
                let place = Int.random(in: 0..<part.count, using: &generator)
                part[place] = UInt8.random(in: .min ... .max, using: &generator)
            }
            piece.bytes.writeBytes(part)
            date += Int64.random(in: -3_000_000...9_000_000, using: &generator)
            guard let laid = try? audio.append(piece.bytes, at: piece.time, title: piece.title) else { break }
            published += laid
        }
        published += audio.finish()
        published.expectFullSlots(on: grid)
        #expect(audio.finish().isEmpty)
    }
}

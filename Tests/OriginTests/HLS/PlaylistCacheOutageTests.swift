// PlaylistCacheOutageTests: live playlists behind an outage of the server (time-and-hls, rule 1).

import HLS
import NIOCore
import Segmenter
import Testing

@testable import Origin

@Suite struct PlaylistCacheOutageTests {
    private let directory: TemporaryDirectory

    init() throws {
        self.directory = try TemporaryDirectory()
    }

    /// The slots of the live playlist, `nil` while there is none.
    private func listed(_ station: StoredStation) throws -> ClosedRange<Int64>? {
        guard let content = station.stream.playlists.content(.stream(.transportStream)) else { return nil }
        let text = content.plain.answers[0]
        let lines = String(buffer: text).split(whereSeparator: \.isNewline)
        let slots = lines.compactMap { line -> Int64? in
            guard !line.hasPrefix("#"), line.hasSuffix(".ts") else { return nil }
            return Int64(line.dropLast(3).split(separator: "/").last ?? "")
        }
        let first = try #require(lines.first { $0.hasPrefix("#EXT-X-MEDIA-SEQUENCE:") }?.split(separator: ":").last)
        try #require(slots.first == Int64(first))
        #expect(slots == Array(slots[0]..<slots[0] + Int64(slots.count)))
        return slots[0]...slots[slots.count - 1]
    }

    private func isSilent(_ slot: Int64, _ station: StoredStation) -> Bool {
        station.stream.store.summary(ofSlot: slot)?.isSilent == true
    }

    @Test(
        "it begins at most four slots before the new audio, and its first slot never goes back",
        arguments: [0.0, 60.0]
    )
    func outage(waiting: Double) async throws {
        let (first, _) = try await StoredStation.playing(60, in: self.directory)
        let before = try #require(first.stream.store.lastCompleteSlot)
        await first.close()
        let later = first.clock.microseconds + 7_200_000_000
        let station = try await StoredStation(self.directory.copy(), at: later, hlsWindow: 90)
        var start: Int64 = 0
        func look() throws {
            guard let listed = try self.listed(station) else { return }
            #expect(listed.lowerBound >= start && listed.lowerBound > before + 100)
            #expect(listed.upperBound == station.stream.store.lastCompleteSlot)
            start = listed.lowerBound
        }
        for _ in 0..<Int(waiting / 3) {
            try await station.play(3)
            try look()
        }
        let encoder = Encoder(from: 1_000_000)
        try await station.connect(encoder)
        // Longer than the window, so that it slides past the beginning too.
        for _ in 0..<50 {
            try await station.play(3, encoder)
            try look()
            guard let listed = try self.listed(station),
                let audible = listed.first(where: { !self.isSilent($0, station) })
            else { continue }
            #expect(audible - listed.lowerBound <= 4)
        }
        let listed = try #require(try self.listed(station))
        #expect(listed.count == 16 && !self.isSilent(listed.lowerBound, station))
        // The outage is still there for those who ask for it.
        let slots = try #require(station.stream.store.slots)
        #expect(slots.lowerBound < before)
        #expect(try await station.segment(before + 50).isSilent)
        await station.close()
    }

    @Test("after a short outage, and one of a source, the playlist goes on as it was")
    func noOutage() async throws {
        let (first, encoder) = try await StoredStation.playing(60, in: self.directory)
        encoder.leave()
        try await first.play(60)
        let before = try #require(try self.listed(first))
        #expect(before.contains { self.isSilent($0, first) })
        await first.close()
        let station = try await StoredStation(self.directory.copy(), at: first.clock.microseconds + 5_000_000)
        try await station.play(1)
        let after = try #require(try self.listed(station))
        #expect(after.lowerBound == before.lowerBound && after.upperBound >= before.upperBound)
        await station.close()
    }

    @Test("a reset forgets where the playlist began")
    func reset() async throws {
        let (first, _) = try await StoredStation.playing(40, in: self.directory)
        await first.close()
        let later = first.clock.microseconds + 3_600_000_000
        let station = try await StoredStation(self.directory.copy(), at: later)
        let encoder = Encoder(from: 1_000_000)
        try await station.connect(encoder)
        try await station.play(40, encoder)
        #expect(try self.listed(station) != nil)
        let open = try #require(station.stream.store.newest?.slot)
        let reset = station.stream.reset()
        try await station.settle()
        try await reset.get()
        #expect(try self.listed(station) == nil)
        try await station.play(20, encoder)
        // The open slot was never stored as a whole: it goes when it leaves memory.
        #expect(try self.listed(station)?.lowerBound == open + 1)
        await station.close()
    }
}

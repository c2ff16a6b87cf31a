// StreamFeedStoreTests: parts go to the disk first, and then to the listeners.

import Ingest
import NIOCore
import NIOEmbedded
import Segmenter
import Testing

@testable import Archive
@testable import Origin

@Suite struct StreamFeedStoreTests {
    private let directory: TemporaryDirectory

    init() throws {
        self.directory = try TemporaryDirectory()
    }

    @Test("what is on air is on the disk, and a server that starts again goes on with it, in the same slot")
    func restart() async throws {
        let (first, _) = try await StoredStation.playing(40, in: self.directory)
        let heard = try await first.heard
        #expect(heard == Array(0..<heard.count) && heard.count > 1_500)
        let slots = try #require(first.stream.store.slots)
        let open = try #require(first.stream.store.newest)
        #expect(first.stored.archive.slots == slots)
        #expect(first.stream.feedStatus.publishedUnwritten == 0)
        await first.close()
        let second = try await StoredStation(self.directory.copy(), at: first.clock.microseconds + 2_000_000)
        #expect(second.stream.store.slots == slots)
        #expect(second.stream.store.newest?.parts.count == open.parts.count)
        #expect(second.stream.feedStatus.format == open.header.format)
        let encoder = Encoder(from: 1_000_000)
        try await second.connect(encoder)
        try await second.play(20, encoder)
        let after = try await second.heard
        #expect(Array(after.prefix(heard.count)) == heard)
        let new = Array(after.dropFirst(heard.count))
        #expect(new == Array(1_000_000..<1_000_000 + new.count) && new.count > 600)
        #expect(second.stream.store.slots?.lowerBound == slots.lowerBound)
        let newest = try #require(second.stream.store.newest)
        #expect(newest.header.discontinuitySequence == open.header.discontinuitySequence)
        await second.close()
    }

    // MARK: A slow disk

    @Test("a part is public when the disk has it, not before")
    func waitsForTheDisk() async throws {
        let disk = GatedDisk()
        let (station, encoder) = try await StoredStation.playing(20, in: self.directory, disk: disk)
        let edge = try #require(station.stream.store.liveEdge)
        disk.writes.shut()
        var passed: Int64 = 0
        var isAsked = false
        while !isAsked {
            await station.pass(milliseconds: 20)
            encoder.send(seconds: 0.02)
            await station.loop.run()
            passed += 20
            isAsked = await disk.writes.someoneWaits(before: station.stored.log.eventLoop.submit {})
            try #require(passed < 2_000)
        }
        await station.pass(milliseconds: 200)
        #expect(station.stream.store.liveEdge == edge)
        disk.writes.open()
        try await station.settle()
        #expect(station.stream.store.liveEdge.map { $0 > edge } == true)
        #expect(station.stream.feedStatus.publishedUnwritten == 0)
        await station.close()
    }

    @Test("a disk that takes longer than 250 ms is not waited for: counted, in order, each part once")
    func doesNotWaitForLong() async throws {
        let disk = GatedDisk()
        let (station, encoder) = try await StoredStation.playing(20, in: self.directory, disk: disk)
        let edge = try #require(station.stream.store.liveEdgeTime)
        disk.writes.shut()
        for _ in 0..<50 {
            await station.pass(milliseconds: 200)
            encoder.send(seconds: 0.2)
            await station.loop.run()
        }
        await disk.writes.someoneWaits()
        let late = try #require(station.stream.store.liveEdgeTime).millisecondsSince(edge)
        #expect((8_000...10_000).contains(late))
        let unwritten = station.stream.feedStatus.publishedUnwritten
        #expect(unwritten == Int(late) / 960)
        disk.writes.open()
        try await station.play(10, encoder)
        #expect(station.stream.feedStatus.publishedUnwritten == unwritten)
        let heard = try await station.heard
        #expect(heard == Array(0..<heard.count) && heard.count > 1_500)
        #expect(station.stored.archive.slots == station.stream.store.slots)
        await station.close()
        // All of it reached the disk, in order.
        let again = try await StoredStation(self.directory.copy(), at: station.clock.microseconds)
        #expect(try await again.heard == heard)
        await again.close()
    }

    @Test("a disk that refuses delays nobody; what could not be written is counted, and written when it can be")
    func refuses() async throws {
        let disk = GatedDisk()
        let (station, encoder) = try await StoredStation.playing(20, in: self.directory, disk: disk)
        let edge = try #require(station.stream.store.liveEdgeTime)
        disk.writes.fail(DiskError("write", 28))
        try await station.play(4, encoder)
        let late = try #require(station.stream.store.liveEdgeTime).millisecondsSince(edge)
        #expect((2_000...5_000).contains(late))
        #expect(station.stored.status.warning != nil)
        let unwritten = station.stream.feedStatus.publishedUnwritten
        #expect(unwritten == Int((late + 100) / 960))
        disk.writes.fail(nil)
        try await station.play(10, encoder)
        #expect(station.stored.status.warning == nil)
        #expect(station.stream.feedStatus.publishedUnwritten == unwritten)
        let heard = try await station.heard
        #expect(heard == Array(0..<heard.count))
        await station.close()
        let again = try await StoredStation(self.directory.copy(), at: station.clock.microseconds)
        #expect(try await again.heard == heard)
        await again.close()
    }

    // MARK: Reset

    @Test("a reset on air leaves the open slot to those who listen, and a new rewind begins behind it")
    func resetOnAir() async throws {
        let (station, encoder) = try await StoredStation.playing(40, in: self.directory)
        let open = try #require(station.stream.store.newest)
        let reset = station.stream.reset()
        try await station.settle()
        try await reset.get()
        #expect(station.stream.store.slots == open.slot...open.slot)
        #expect(station.stored.archive.slots == nil)
        try await station.play(20, encoder)
        let heard = try await station.heard
        #expect(heard == Array(heard[0]..<heard[0] + heard.count) && heard.count > 500)
        #expect(station.stored.archive.slots?.lowerBound == open.slot + 1)
        // The open slot was never stored as a whole: it goes when it leaves memory.
        #expect(try #require(station.stream.store.slots?.lowerBound) == open.slot + 1)
        await station.close()
    }

    @Test("a reset without a source ends the presentation: another codec may begin")
    func resetOffAir() async throws {
        let (station, encoder) = try await StoredStation.playing(20, in: self.directory)
        encoder.leave()
        try await station.play(6)
        let reset = station.stream.reset()
        try await station.settle()
        try await reset.get()
        #expect(station.stream.store.slots == nil && station.stored.archive.slots == nil)
        #expect(station.stream.feedStatus.format == nil)
        let other = Encoder(.aac)
        try await station.connect(other)
        try await station.play(20, other)
        #expect(other.control.requests.isEmpty)
        #expect(station.stream.feedStatus.format?.codec == .aac)
        let heard = try await station.heard
        #expect(heard == Array(0..<heard.count) && heard.count > 700)
        #expect(station.stored.archive.slots == station.stream.store.slots)
        await station.close()
    }

    @Test("a reset while the disk owes answers: those are not taken for answers to what comes after it")
    func resetWhileTheDiskIsSlow() async throws {
        let disk = GatedDisk()
        let (station, encoder) = try await StoredStation.playing(20, in: self.directory, disk: disk)
        encoder.leave()
        try await station.play(4)
        disk.writes.shut()
        for _ in 0..<12 { await station.pass(milliseconds: 200) }
        await disk.writes.someoneWaits()
        let reset = station.stream.reset()
        await station.pass(milliseconds: 960)
        disk.writes.open()
        try await station.settle()
        try await reset.get()
        let unwritten = station.stream.feedStatus.publishedUnwritten
        let back = Encoder(from: 5_000)
        try await station.play(30)
        try await station.connect(back)
        try await station.play(20, back)
        #expect(station.stream.feedStatus.publishedUnwritten == unwritten)
        let heard = try await station.heard
        #expect(heard == Array(5_000..<5_000 + heard.count) && heard.count > 700)
        #expect(station.stored.archive.slots == station.stream.store.slots)
        await station.close()
    }
}

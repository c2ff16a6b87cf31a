// BackfillTests: older audio that is taken in.

import NIOCore
import Segmenter
import Testing

@testable import Archive

@Suite struct BackfillTests {
    private let grid: SlotGrid
    private let older: [Publication]
    private let newer: [Publication]

    init() throws {
        self.grid = try #require(Broadcast.smallGrid)
        var first = try Broadcast.small(at: Broadcast.start - 300_000_000)
        first.announce("From the past")
        first.play(seconds: 60)
        self.older = first.published
        var second = try Broadcast.small()
        second.play(seconds: 30)
        self.newer = second.published
    }

    @Test("older audio is offered when all of it is there, behind a discontinuity, and is there after a start")
    func takesIn() async throws {
        let store = try TemporaryStore()
        let stream = try store.open(grid: self.grid)
        await stream.write(self.newer)
        let before = stream.archive.slots
        var backfill = try stream.backfill()
        try backfill.append(self.older)
        #expect(stream.archive.slots == before)
        backfill.finish()
        #expect(stream.archive.slots?.lowerBound == self.older.first?.segment.slot)
        #expect(backfill.partCount == self.older.count)
        #expect(stream.archive.differing(from: self.older).isEmpty)
        let first = try #require(self.newer.first).segment
        #expect(stream.archive.segment(first.slot)?.header.isDiscontinuous == true)
        // But for the tag that now stands before it, the newer audio is what it was.
        #expect(stream.archive.differing(from: self.newer).allSatisfy { $0.segment.slot == first.slot })
        try stream.archive.expectOneTimeline()
        let slots = try #require(stream.archive.slots)
        let outline = stream.archive.outline(of: slots)
        #expect(outline.titles.first?.text == "From the past")
        await store.close(stream)
        let again = try TemporaryStore(stream.files())
        let stored = try again.open(grid: self.grid)
        #expect(stored.archive.differing(from: self.older).isEmpty && stored.archive.slots == slots)
        try stored.archive.expectOneTimeline()
        #expect(again.log.complaints.isEmpty)
        await again.close(stored)
    }

    @Test("what overlaps stored audio is left out")
    func overlap() async throws {
        let store = try TemporaryStore()
        let stream = try store.open(grid: self.grid)
        let middle = try #require(self.older.first).segment.slot + 10
        await stream.write(self.older.filter { $0.segment.slot >= middle })
        let stored = try stream.files()
        var backfill = try stream.backfill()
        try backfill.append(self.older)
        backfill.finish()
        #expect(stream.archive.differing(from: self.older).isEmpty)
        #expect(backfill.partCount == self.older.filter { $0.segment.slot < middle }.count)
        for log in stored.logs { #expect(try stream.files()[log] == stored[log]) }
        try stream.archive.expectOneTimeline()
        await store.close(stream)
    }

    @Test("an import that is given up leaves nothing, and another may follow; two at a time may not")
    func abandon() async throws {
        let store = try TemporaryStore()
        let stream = try store.open(grid: self.grid)
        await stream.write(self.newer)
        let slots = stream.archive.slots
        var backfill = try stream.backfill()
        try backfill.append(Array(self.older.prefix(20)))
        #expect(throws: ArchiveError.self) { try stream.backfill() }
        backfill.abandon()
        #expect(stream.archive.slots == slots)
        var second = try stream.backfill()
        second.finish()
        await store.close(stream)
        #expect(try stream.files().logs == ["\(self.newer.first?.segment.slot ?? 0).log"])
    }

    @Test("a disk that is full while audio is taken in is said, and what was stored is untouched")
    func full() async throws {
        let disk = FaultyDisk()
        let store = try TemporaryStore(disk: disk)
        let stream = try store.open(grid: self.grid)
        await stream.write(self.newer)
        var backfill = try stream.backfill()
        disk.fail(.init(call: .write, suffix: "", after: 9, number: 28))
        let error = #expect(throws: ArchiveError.self) { try backfill.append(self.older) }
        #expect(error?.message.contains("No space left on device") == true)
        backfill.abandon()
        disk.heal()
        #expect(stream.archive.differing(from: self.newer).isEmpty)
        await store.close(stream)
        #expect(try stream.files().logs.count == 1)
    }
}

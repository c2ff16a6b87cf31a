// StreamLogFaultTests: a log that is written to a disk that fails.

import NIOCore
import Segmenter
import Synchronization
import Testing

@testable import Archive

@Suite struct StreamLogFaultTests {
    private let grid: SlotGrid
    private let published: [Publication]

    init() throws {
        self.grid = try #require(Broadcast.smallGrid)
        var broadcast = try Broadcast.small()
        broadcast.play(seconds: 5)
        broadcast.announce("With a title", url: "https://example.org/\u{1F3B6}")
        broadcast.play(seconds: 12)
        self.published = broadcast.published.audible
    }

    /// Opens the files as a server does that starts after a crash, and compares what it serves with what was published.
    private func expectServed(
        _ files: StoredFiles,
        all written: some Collection<Publication>,
        of published: [Publication],
        _ comment: Comment
    ) async throws {
        let next = try TemporaryStore(files)
        let stream = try next.open(grid: self.grid)
        #expect(stream.archive.differing(from: written).isEmpty, comment)
        if let slots = stream.archive.slots {
            let parts = slots.flatMap { stream.archive.parts($0) }
            let isWrong = parts.contains { part in
                part.firstAudibleFrame() != nil
                    && !published.contains { $0.part.slot == part.slot && $0.part.isSame(as: part) }
            }
            #expect(!isWrong, comment)
            if !written.isEmpty { try stream.archive.expectOneTimeline() }
        }
        #expect(next.log.errors.isEmpty, comment)
        await next.close(stream)
    }

    /// Writes part after part to a disk with a fault, looks at the files, heals the disk, and goes on.
    private func run(_ comment: Comment, fault: (FaultyDisk) -> Void) async throws {
        let disk = FaultyDisk()
        let store = try TemporaryStore(disk: disk)
        let stream = try store.open(grid: self.grid)
        fault(disk)
        var waiting = 0
        let early = self.published.prefix(self.published.count - 4)
        for publication in early { waiting = await stream.write([publication]) }
        #expect((stream.status.warning != nil) == (waiting > 0), comment)
        let files = try stream.files()
        try await self.expectServed(files, all: early.dropLast(waiting), of: self.published, comment)
        // What is served from the running server is right as well.
        #expect(stream.archive.differing(from: early.dropLast(waiting)).isEmpty, comment)
        disk.heal()
        #expect(await stream.write(self.published.suffix(4)) == 0, comment)
        #expect(stream.status.warning == nil && stream.status.lostParts == 0, comment)
        #expect(stream.archive.differing(from: self.published).isEmpty, comment)
        try await self.expectServed(stream.files(), all: self.published, of: self.published, comment)
        await store.close(stream)
    }

    /// The octets at which the disk is full: around every record's boundaries, and inside.
    private func places() async throws -> [Int] {
        let store = try TemporaryStore()
        let stream = try store.open(grid: self.grid)
        #expect(await stream.write(self.published) == 0)
        let files = try stream.files()
        await store.close(stream)
        let boundaries = files.boundaries(of: try #require(files.logs.first))
        #expect(boundaries.count == self.published.count + 1)
        let inside = stride(from: 1, to: boundaries[0], by: 20)
        let around = boundaries.dropLast(4).flatMap { [$0 - 1, $0, $0 + 1, $0 + 19, $0 + 20, $0 + 90] }
        return Array(inside) + around + Array(stride(from: boundaries[3], to: boundaries[4], by: 7))
    }

    @Test(
        "a disk full at any octet of a log costs nothing: what was acknowledged is there, the rest comes later"
    )
    func full() async throws {
        for room in try await self.places() {
            try await self.run("full after \(room) octets") { $0.fill(upTo: room) }
        }
    }

    @Test("a write that fails, at any record, is made again", arguments: [5, 28])
    func failingWrites(number: Int32) async throws {
        for after in 0...self.published.count - 4 {
            for count in [1, 3, Int.max] {
                try await self.run("write \(after) and \(count) more fail") {
                    $0.fail(.init(call: .write, after: after, count: count, number: number))
                }
            }
        }
    }

    @Test("a file that cannot be made is made later")
    func failingOpen() async throws {
        try await self.run("open fails") { $0.fail(.init(call: .open, number: 28)) }
        try await self.run("open fails twice") { $0.fail(.init(call: .open, count: 2, number: 24)) }
        try await self.run("neither header nor removal") { disk in
            disk.fill(upTo: 30)
            disk.fail(.init(call: .remove, number: 5))
        }
    }

    @Test("a disk that takes and gives a few octets at a time gets and gives all of them", arguments: [1, 2, 7, 64])
    func shortCalls(longest: Int) async throws {
        let disk = FaultyDisk()
        let store = try TemporaryStore(disk: disk)
        disk.shorten(to: longest)
        let stream = try store.open(grid: self.grid)
        #expect(await stream.write(self.published) == 0)
        #expect(stream.archive.differing(from: self.published).isEmpty)
        await store.close(stream)
        let again = try TemporaryStore(stream.files(), disk: disk)
        let stored = try again.open(grid: self.grid)
        #expect(stored.archive.differing(from: self.published).isEmpty)
        await again.close(stored)
    }

    @Test("the failure is said once, shown while it lasts, and taken back; writing goes on without anyone asking")
    func resumesByItself() async throws {
        let disk = FaultyDisk()
        let store = try TemporaryStore(disk: disk)
        let stream = try store.open(grid: self.grid)
        await stream.write(self.published.prefix(3))
        disk.fill(upTo: 10)
        for publication in self.published[3..<9] { await stream.write([publication]) }
        #expect(stream.status.warning?.contains("No space left on device") == true)
        #expect(store.log.complaints.map(\.message).filter { $0.contains("live listening goes on") }.count == 1)
        let before = disk.count(of: .write)
        disk.heal()
        // The retry is the writer's own: the test only looks.
        while stream.status.warning != nil { await Task.yield() }
        #expect(disk.count(of: .write) > before)
        #expect(stream.archive.differing(from: self.published.prefix(9)).isEmpty)
        #expect(store.log.lines.filter { $0.message == "the store can be written again" }.count == 1)
        #expect(await stream.write([]) == 0)
        await store.close(stream)
    }

    @Test("a sync that fails is said and shown until one succeeds, and keeps nobody waiting")
    func failingSync() async throws {
        let disk = FaultyDisk()
        let store = try TemporaryStore(disk: disk)
        let stream = try store.open(grid: self.grid)
        disk.fail(.init(call: .sync, number: 5))
        #expect(await stream.write(self.published.prefix(8)) == 0)
        while stream.status.warning == nil { await Task.yield() }
        #expect(stream.status.warning == "cannot sync: Input/output error")
        disk.heal()
        #expect(await stream.write(self.published.dropFirst(8)) == 0)
        while stream.status.warning != nil { await Task.yield() }
        #expect(store.log.complaints.map(\.message) == ["the store cannot be synced: cannot sync: Input/output error"])
        #expect(stream.archive.differing(from: self.published).isEmpty)
        await store.close(stream)
    }

    @Test("syncs come after each part, after each segment, or never, as configured", arguments: LogPolicy.Sync.allCases)
    func syncPolicy(_ sync: LogPolicy.Sync) async throws {
        let disk = FaultyDisk()
        let store = try TemporaryStore(disk: disk)
        var policy = LogPolicy()
        policy.sync = sync
        let stream = try store.open(grid: self.grid, policy)
        let before = disk.count(of: .sync)
        await stream.write(self.published)
        let segments = self.published.filter(\.completesSegment).count
        let expected = [LogPolicy.Sync.part: self.published.count, .segment: segments, .never: 0][sync]
        await store.close(stream)
        // Closing syncs the log and its index.
        #expect(disk.count(of: .sync) - before == (expected ?? 0) + 2)
    }

    @Test(
        "an index that cannot be written is made at the next start",
        arguments: [FaultyDisk.Call.open, .write, .rename]
    )
    func failingIndex(call: FaultyDisk.Call) async throws {
        let disk = FaultyDisk()
        let store = try TemporaryStore(disk: disk)
        let stream = try store.open(grid: self.grid)
        await stream.write(self.published)
        disk.fail(.init(call: call, suffix: call == .rename ? ".idx" : ".new", number: 28))
        await store.close(stream)
        #expect(try stream.files().indexes.isEmpty && !stream.files().contents.keys.contains { $0.hasSuffix(".new") })
        try await self.expectServed(stream.files(), all: self.published, of: self.published, "\(call)")
    }

    @Test("what waits for longer than memory has it is given up, slot by slot, and the rest is one timeline")
    func gaveUp() async throws {
        let disk = FaultyDisk()
        let store = try TemporaryStore(disk: disk)
        var policy = LogPolicy()
        policy.hotSeconds = 20
        var broadcast = try Broadcast.small()
        broadcast.play(seconds: 30)
        let stream = try store.open(grid: self.grid, policy)
        await stream.write(broadcast.published)
        let early = broadcast.published
        disk.fail(.init(call: .write, number: 28))
        broadcast.published = []
        // An encoder that is 400 ppm fast moves media time against the count of samples meanwhile.
        broadcast.play(seconds: 300, partsPerMillion: 400)
        for publication in broadcast.published { await stream.write([publication]) }
        #expect(stream.status.lostParts > 200)
        disk.heal()
        let late = broadcast.published.count
        broadcast.play(seconds: 10)
        #expect(await stream.write(broadcast.published[late...]) == 0)
        #expect(stream.archive.differing(from: early).isEmpty)
        #expect(stream.archive.differing(from: broadcast.published.suffix(20)).isEmpty)
        try stream.archive.expectOneTimeline()
        let again = try TemporaryStore(stream.files())
        let stored = try again.open(grid: self.grid)
        #expect(stored.archive.differing(from: early + broadcast.published.suffix(20)).isEmpty)
        try stored.archive.expectOneTimeline()
        await again.close(stored)
        await store.close(stream)
    }
}

// RetentionTests: when files begin, and when they go.

import Foundation
import NIOCore
import Segmenter
import Testing

@testable import Archive

@Suite struct RetentionTests {
    private let grid: SlotGrid
    private var policy = LogPolicy()

    init() throws {
        self.grid = try #require(Broadcast.smallGrid)
        self.policy.fileSeconds = 10
        self.policy.seconds = 40
        self.policy.graceSeconds = 20
        self.policy.sync = .never
    }

    /// The first slots of the log files that are on disk.
    private func files(_ stream: ArchivedStream) throws -> [Int64] {
        try stream.files().logs.compactMap { Int64($0.dropLast(4)) }
    }

    /// Ends the threads, behind all that they were told: what is to be deleted is deleted then.
    private func settle(_ store: TemporaryStore, _ streams: ArchivedStream...) async {
        await store.close(streams)
    }

    @Test("a file holds so many seconds, begins with a slot, and ends with one")
    func rotation() async throws {
        let store = try TemporaryStore()
        let stream = try store.open(grid: self.grid, self.policy)
        var broadcast = try Broadcast.small()
        broadcast.play(seconds: 35)
        #expect(await stream.write(broadcast.published) == 0)
        let firsts = try self.files(stream)
        #expect(zip(firsts, firsts.dropFirst()).allSatisfy { $1 - $0 == 5 } && firsts.count >= 4)
        #expect(firsts.first == broadcast.published.first?.segment.slot)
        #expect(stream.archive.differing(from: broadcast.published).isEmpty)
        try stream.archive.expectOneTimeline()
        await self.settle(store, stream)
        let files = try stream.files()
        #expect(files.indexes.count == files.logs.count)
    }

    @Test("another format begins a file with a discontinuity, and what is in between is silence of the old one")
    func format() async throws {
        let store = try TemporaryStore()
        let stream = try store.open(grid: self.grid, self.policy)
        var broadcast = Broadcast(.aac(rate: 48_000), grid: self.grid)
        broadcast.play(seconds: 9)
        broadcast.change(to: .aac(rate: 44_100))
        broadcast.play(seconds: 9)
        #expect(await stream.write(broadcast.published) == 0)
        let change = try #require(broadcast.published.first { $0.segment.isDiscontinuous })
        #expect(try self.files(stream).contains(change.segment.slot))
        #expect(stream.archive.differing(from: broadcast.published).isEmpty)
        try stream.archive.expectOneTimeline()
        let files = try stream.files()
        await self.settle(store, stream)
        let again = try TemporaryStore(files)
        let stored = try again.open(grid: self.grid, self.policy)
        #expect(stored.archive.differing(from: broadcast.published).isEmpty)
        await self.settle(again, stored)
    }

    @Test("audio older than the window goes when no playlist can name it any more, whole files at a time")
    func seconds() async throws {
        let store = try TemporaryStore()
        let stream = try store.open(grid: self.grid, self.policy)
        var broadcast = try Broadcast.small()
        for _ in 0..<30 {
            broadcast.play(seconds: 5)
            #expect(await stream.write(broadcast.published) == 0)
            broadcast.published = []
            let slots = try #require(stream.archive.slots)
            let length = Int64(slots.count) * 2
            // The window and the grace, and up to two files more.
            #expect(length <= 40 + 20 + 2 * 10 + 2)
        }
        let slots = try #require(stream.archive.slots)
        #expect(slots.count * 2 >= 40 + 20)
        await self.settle(store, stream)
        #expect(try self.files(stream).first == slots.lowerBound)
        #expect(try stream.files().indexes.count == self.files(stream).count)
    }

    @Test("a file that a download has yet to send stays until the download is gone")
    func lease() async throws {
        let store = try TemporaryStore()
        let stream = try store.open(grid: self.grid, self.policy)
        var broadcast = try Broadcast.small()
        broadcast.play(seconds: 20)
        let early = broadcast.published
        await stream.write(early)
        let slots = try #require(stream.archive.slots)
        var lease: (any AnyObject & Sendable)? = stream.archive.lease(slots.lowerBound...slots.lowerBound)
        broadcast.published = []
        broadcast.play(seconds: 150)
        await stream.write(broadcast.published)
        #expect(lease != nil && stream.archive.slots?.lowerBound == slots.lowerBound)
        #expect(stream.archive.differing(from: early).isEmpty)
        lease = nil
        let written = broadcast.published.count
        broadcast.play(seconds: 3)
        await stream.write(broadcast.published[written...])
        #expect((stream.archive.slots?.lowerBound ?? 0) > slots.lowerBound + 30)
        await self.settle(store, stream)
    }

    @Test("over the limit the oldest audio of all streams goes first, readable while a playlist may name it")
    func limit() async throws {
        let limit = 25_000
        let store = try TemporaryStore(largest: limit)
        var policy = self.policy
        policy.seconds = 100_000
        let old = try store.open("old", grid: self.grid, policy)
        let new = try store.open("new", grid: self.grid, policy)
        var broadcast = try Broadcast.small()
        broadcast.play(seconds: 60)
        let early = broadcast.published
        await old.write(early)
        let first = try #require(early.first).segment.slot
        #expect(old.archive.slots?.lowerBound == first)
        broadcast.published = []
        var moved: Int64?
        for _ in 0..<60 {
            let written = broadcast.published.count
            broadcast.play(seconds: 5)
            await new.write(broadcast.published[written...])
            await old.write(broadcast.published[written...])
            guard moved == nil, let lowest = old.archive.slots?.lowerBound, lowest > first else { continue }
            moved = lowest
            // Not offered any more, but a playlist may still name it.
            #expect(old.archive.segment(first) != nil && old.archive.holds(first))
            let window = SegmentStore(
                grid: self.grid,
                seconds: 100_000,
                hotSeconds: 2,
                archive: old.archive,
                newest: nil
            )
            for publication in broadcast.published[written...] { window.append(publication) }
            #expect(window.slots?.lowerBound == lowest)
            guard case .archived = window.segment(first) else {
                Issue.record("a condemned segment is not served")
                continue
            }
        }
        #expect(moved != nil)
        #expect(!old.archive.holds(first) && old.archive.segment(first) == nil)
        #expect(old.archive.octets + new.archive.octets < limit + 10_000)
        // The stream with the older audio gave first; both keep what playlists name.
        #expect((old.archive.slots?.count ?? 0) * 2 >= 20 && (new.archive.slots?.count ?? 0) * 2 >= 20)
        await self.settle(store, old, new)
        #expect(try !self.files(old).contains(first))
    }

    @Test("a limit that is too small for what playlists name is said once, and kept to as far as possible")
    func smallLimit() async throws {
        let store = try TemporaryStore(largest: 1_000)
        let stream = try store.open(grid: self.grid, self.policy)
        var broadcast = try Broadcast.small()
        broadcast.play(seconds: 90)
        for start in stride(from: 0, to: broadcast.published.count, by: 10) {
            await stream.write(broadcast.published[start..<min(start + 10, broadcast.published.count)])
        }
        #expect(
            store.log.complaints.map(\.message) == [
                "store.max_bytes is too small: what playlists name is kept all the same"
            ]
        )
        #expect(stream.archive.differing(from: broadcast.published.suffix(16)).isEmpty)
        await self.settle(store, stream)
    }

    @Test("a reset leaves nothing on disk, and the stream begins again with its next slot")
    func reset() async throws {
        let store = try TemporaryStore()
        let stream = try store.open(grid: self.grid, self.policy)
        var broadcast = try Broadcast.small()
        broadcast.play(seconds: 33)
        let early = broadcast.published
        await stream.write(early)
        try await stream.reset().get()
        #expect(stream.archive.slots == nil && stream.archive.octets == 0)
        #expect(try stream.files().logs.isEmpty)
        let written = broadcast.published.count
        broadcast.play(seconds: 20)
        #expect(await stream.write(broadcast.published[written...]) == 0)
        let last = try #require(early.last)
        let begins = last.segment.slot + 1
        #expect(stream.archive.slots?.lowerBound == begins)
        let later = broadcast.published.filter { $0.segment.slot >= begins }
        #expect(stream.archive.differing(from: later).isEmpty)
        // The same slots again, as a stream publishes that begins anew at once.
        try await stream.reset().get()
        #expect(await stream.write(later) == 0)
        await self.settle(store, stream)
        #expect(stream.archive.differing(from: later).isEmpty && !later.isEmpty)
        let files = try stream.files()
        let again = try TemporaryStore(files)
        let stored = try again.open(grid: self.grid, self.policy)
        #expect(stored.archive.differing(from: later).isEmpty)
        await self.settle(again, stored)
    }

    @Test("parts that lie before the end of what is stored are not written again")
    func behind() async throws {
        let store = try TemporaryStore()
        let stream = try store.open(grid: self.grid, self.policy)
        var broadcast = try Broadcast.small()
        broadcast.play(seconds: 20)
        await stream.write(broadcast.published)
        let files = try stream.files()
        var other = try Broadcast.small(at: Broadcast.start + 2_000_000)
        other.play(seconds: 4)
        let old = other.published.filter { $0.segment.slot < broadcast.published.last?.segment.slot ?? 0 }
        #expect(!old.isEmpty)
        #expect(await stream.write(old) == 0)
        // The indexes of files that are done may come later, from the thread that syncs.
        let logs = try stream.files().contents.filter { $0.key.hasSuffix(".log") }
        #expect(logs == files.contents.filter { $0.key.hasSuffix(".log") })
        #expect(stream.archive.differing(from: broadcast.published).isEmpty)
        await self.settle(store, stream)
    }
}

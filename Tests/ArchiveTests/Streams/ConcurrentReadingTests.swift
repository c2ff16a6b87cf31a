// ConcurrentReadingTests: readers on several threads while the writer writes, rotates and deletes.

import NIOCore
import Segmenter
import Synchronization
import Testing

@testable import Archive

@Suite struct ConcurrentReadingTests {
    /// What was published, by slot and part.
    private final class Known: Sendable {
        let parts = Mutex<[Int64: [Part]]>([:])
        let isDone = Atomic<Bool>(false)
        /// How much readers have read: a busy machine gives them their turns late.
        let rightParts = Atomic<Int>(0)
        let readyParts = Atomic<Int>(0)

        func add(_ publications: [Publication]) {
            self.parts.withLock { parts in
                for publication in publications { parts[publication.part.slot, default: []].append(publication.part) }
            }
        }

        /// Whether a part was published so.
        func has(_ part: Part) -> Bool {
            self.parts.withLock { $0[part.slot]?.contains { $0.isSame(as: part) } ?? false }
        }
    }

    /// What readers have seen.
    private struct Seen: Sendable {
        var right = 0
        var wrong = 0
        var ready = 0
    }

    @Test("readers get the right octets, whatever the writer does meanwhile")
    func readers() async throws {
        let grid = try #require(Broadcast.smallGrid)
        var policy = LogPolicy()
        policy.fileSeconds = 10
        policy.seconds = 40
        policy.graceSeconds = 20
        let store = try TemporaryStore()
        let stream = try store.open(grid: grid, policy)
        let known = Known()
        var broadcast = try Broadcast.small()
        broadcast.play(seconds: 12)
        known.add(broadcast.published)
        await stream.write(broadcast.published)
        let seen = await withTaskGroup(of: Seen.self, returning: Seen.self) { group in
            for seed in 0..<3 {
                group.addTask { await Self.read(stream.archive, known, seed: UInt64(seed)) }
            }
            for round in 0..<5_000 {
                let right = known.rightParts.load(ordering: .relaxed)
                if round >= 60, right > 100, known.readyParts.load(ordering: .relaxed) > 0 { break }
                broadcast.published = []
                broadcast.play(seconds: 5)
                known.add(broadcast.published)
                await stream.write(broadcast.published)
            }
            known.isDone.store(true, ordering: .releasing)
            return await group.reduce(into: Seen()) { sum, next in
                sum.right += next.right
                sum.wrong += next.wrong
                sum.ready += next.ready
            }
        }
        #expect(seen.wrong == 0)
        #expect(seen.right > 100 && seen.ready > 0)
        await store.close(stream)
    }

    private static func read(
        _ archive: StreamArchive,
        _ known: Known,
        seed: UInt64
    ) async -> Seen {
        var random = SeededGenerator(seed: seed)
        var seen = Seen()
        while !known.isDone.load(ordering: .acquiring) {
            guard let slots = archive.slots else { continue }
            let slot = Int64.random(in: slots, using: &random)
            _ = archive.summary(ofSlot: slot)
            let parts: [Part]
            switch Int.random(in: 0..<4, using: &random) {
            case 0:
                let loaded = await withCheckedContinuation { done in archive.load(slot) { done.resume(returning: $0) } }
                parts = loaded?.parts ?? []
            case 1:
                let loaded = await withCheckedContinuation { done in
                    archive.loadPart(slot, 0) { done.resume(returning: $0) }
                }
                if case .part(let part) = loaded { parts = [part] } else { parts = [] }
            case 2:
                await withCheckedContinuation { done in archive.prepare(slot) { done.resume() } }
                parts = Self.sendable(archive, slot, &seen, known)
            default:
                let outline = await withCheckedContinuation { done in
                    archive.outline(of: slots) { done.resume(returning: $0) }
                }
                if let start = outline.start, let end = outline.end, start >= end { seen.wrong += 1 }
                parts = []
            }
            for part in parts {
                if known.has(part) { seen.right += 1 } else { seen.wrong += 1 }
            }
            known.rightParts.add(parts.count, ordering: .relaxed)
        }
        return seen
    }

    /// Reads what a channel would send from the file.
    private static func sendable(_ archive: StreamArchive, _ slot: Int64, _ seen: inout Seen, _ known: Known) -> [Part]
    {
        guard case .ready(let range) = archive.part(slot, 0) else { return [] }
        let bytes = try? range.file.handle.withUnsafeFileDescriptor { descriptor in
            try SystemDisk().bytes(descriptor, at: Int(range.offset), count: range.length)
        }
        let part = known.parts.withLock { $0[slot]?.first }
        seen.ready += 1
        known.readyParts.add(1, ordering: .relaxed)
        if bytes != part?.bytes { seen.wrong += 1 }
        return []
    }
}

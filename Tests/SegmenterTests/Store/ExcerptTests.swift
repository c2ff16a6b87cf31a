// ExcerptTests: a run of frames whose length is known before it is read.

import NIOCore
import Testing

@testable import Segmenter

@Suite struct ExcerptTests {
    /// A minute of audio at 44.1 kHz, where parts and slots have changing numbers of frames.
    private static let audio: Simulation = {
        var simulation = Simulation(rate: 44_100)
        simulation.play(seconds: 60)
        return simulation
    }()

    private func found(_ lookUp: Excerpt.LookUp) throws -> Excerpt {
        guard case .found(let excerpt) = lookUp else {
            Issue.record("an excerpt must be found: \(lookUp)")
            throw TestFailure()
        }
        return excerpt
    }

    private struct TestFailure: Error {}

    @Test(
        "the frames between two moments: from the first not before one to the last before the other",
        arguments: 0..<4
    )
    func frames(seed: UInt64) throws {
        let stores = TwoStores(Self.audio.published)
        let places = Self.audio.places
        let newest = try #require(stores.whole.liveEdgeTime)
        var random = SeededNumbers(seed: seed)
        for _ in 0..<60 {
            let from = newest.advanced(byMilliseconds: -Int64.random(in: 0..<55_000, using: &random) - 1)
            let length = Int64.random(in: 1...newest.millisecondsSince(from), using: &random)
            let to = from.advanced(byMilliseconds: length)
            let wanted = places.filter { (from.milliseconds * 1_000..<to.milliseconds * 1_000).contains($0.value) }
            guard case .found(let excerpt) = stores.whole.excerpt(from: from, to: to) else {
                #expect(wanted.isEmpty)
                continue
            }
            let bytes = stores.bytes(from: excerpt.start.cursor, to: excerpt.end)
            #expect(bytes.readableBytes == excerpt.byteCount)
            #expect(excerpt.start.time >= from || from.millisecondsSince(excerpt.start.time) == 0)
            #expect(excerpt.format.sampleRate == 44_100)
            let last = bytes.getInteger(at: bytes.writerIndex - 8, as: Int64.self).map(Int.init)
            let first = bytes.getInteger(at: bytes.readerIndex + 7, as: Int64.self).map(Int.init)
            if let least = wanted.keys.min(), wanted.count * 15 == excerpt.byteCount {
                #expect(first == least && last == wanted.keys.max())
            } else {
                // Silence before the first audio, or behind it: longer, never shorter.
                #expect(wanted.count * 15 < excerpt.byteCount)
            }
        }
    }

    @Test("before an archive the excerpt is the same, for at most the slots of its two ends", arguments: 0..<4)
    func archived(seed: UInt64) throws {
        let stores = TwoStores(Self.audio.published)
        let oldest = try #require(stores.whole.slots.map { SlotGrid.standard.edge(ofSlot: $0.lowerBound) })
        let newest = try #require(stores.whole.liveEdgeTime)
        var random = SeededNumbers(seed: seed)
        for _ in 0..<100 {
            let from = oldest.advanced(byMilliseconds: Int64.random(in: 0..<75_000, using: &random))
            let to = from.advanced(byMilliseconds: Int64.random(in: 0..<60_000, using: &random))
            let (found, loads) = try stores.excerpt(from: from, to: min(to, newest))
            #expect(found == stores.whole.excerpt(from: from, to: min(to, newest)))
            #expect(loads.count <= 2)
        }
    }

    @Test("an excerpt of whole slots needs no audio at all")
    func wholeSlots() throws {
        let stores = TwoStores(Self.audio.published)
        let slots = try #require(stores.whole.slots)
        let first = try #require(stores.whole.summary(ofSlot: slots.lowerBound + 1))
        let last = try #require(stores.whole.summary(ofSlot: slots.lowerBound + 6))
        let next = try #require(stores.whole.summary(ofSlot: last.slot + 1))
        let (found, loads) = try stores.excerpt(from: first.header.start, to: next.header.start)
        #expect(loads.isEmpty)
        let excerpt = try self.found(found)
        #expect(excerpt.start.cursor == StreamCursor(slot: first.slot))
        #expect(excerpt.end == StreamCursor(slot: last.slot + 1))
        let sum = (first.slot...last.slot).reduce(0) { $0 + (stores.whole.summary(ofSlot: $1)?.byteCount ?? 0) }
        #expect(excerpt.byteCount == sum)
    }

    @Test("up to now the excerpt ends behind the newest part, and later parts do not change it")
    func liveEdge() throws {
        var simulation = Self.audio
        let stores = TwoStores(simulation.published)
        let newest = try #require(stores.whole.liveEdgeTime)
        let from = newest.advanced(byMilliseconds: -10_000)
        let before = try self.found(stores.whole.excerpt(from: from, to: newest))
        #expect(before.end == stores.whole.liveEdge && before.endTime == newest)
        simulation.published.removeAll()
        simulation.play(seconds: 12)
        stores.append(simulation.published)
        let after = try self.found(stores.whole.excerpt(from: from, to: newest))
        #expect(after.byteCount == before.byteCount)
        #expect(after.endTime == before.endTime)
    }

    @Test(
        "between moments that no frame begins at there is nothing, nor behind the newest frame, nor in an empty store"
    )
    func nothing() throws {
        let stores = TwoStores(Self.audio.published)
        let newest = try #require(stores.whole.liveEdgeTime)
        let frame = try #require(stores.whole.frame(notBefore: newest.advanced(byMilliseconds: -5_000)))
        let behind = frame.time.advanced(byMilliseconds: 1)
        #expect(stores.whole.excerpt(from: behind, to: behind.advanced(byMilliseconds: 5)) == .nothing)
        #expect(stores.whole.excerpt(from: behind, to: behind) == .nothing)
        #expect(stores.whole.excerpt(from: newest, to: newest.advanced(byMilliseconds: 1_000)) == .nothing)
        #expect(stores.whole.excerpt(from: frame.time, to: frame.time.advanced(byMilliseconds: -1_000)) == .nothing)
        let empty = SegmentStore(grid: .standard, seconds: 60)
        #expect(empty.excerpt(from: Timestamp(milliseconds: 0), to: newest) == .nothing)
    }

    @Test("a slot that the archive has lost meanwhile is asked for, not guessed")
    func lost() throws {
        let stores = TwoStores(Self.audio.published)
        let slots = try #require(stores.whole.slots)
        let edge = SlotGrid.standard.edge(ofSlot: slots.lowerBound + 2)
        stores.archive.forget(slots.lowerBound + 4)
        let to = edge.advanced(byMilliseconds: 5_760 * 5)
        #expect(stores.tiered.excerpt(from: edge, to: to) == .needs(slot: slots.lowerBound + 4))
    }
}

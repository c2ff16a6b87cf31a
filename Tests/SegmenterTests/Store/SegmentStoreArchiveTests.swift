// SegmentStoreArchiveTests: a window whose older part is in an archive, and what moves its ends.

import NIOCore
import Testing

@testable import Segmenter

@Suite struct SegmentStoreArchiveTests {
    private func audio(seconds: Double = 60) -> [Publication] {
        var simulation = Simulation()
        simulation.play(seconds: seconds)
        return simulation.published
    }

    @Test("what has left memory is in the archive, what is in memory is found, and the window is both")
    func tiers() throws {
        let stores = TwoStores(self.audio())
        let slots = try #require(stores.whole.slots)
        #expect(stores.tiered.slots == slots)
        // Three slots of 5.76 s are the least that hold twelve seconds, besides the open one.
        let hot = slots.upperBound - 3
        for slot in slots {
            switch stores.tiered.segment(slot) {
            case .found(let segment): #expect(slot >= hot && segment.slot == slot)
            case .archived(let archive): #expect(slot < hot && archive.summary(ofSlot: slot)?.slot == slot)
            case .notYet, .expired: Issue.record("slot \(slot) must be there")
            }
            #expect(stores.tiered.summary(ofSlot: slot) == stores.whole.summary(ofSlot: slot))
        }
        guard case .archived = stores.tiered.part(hot - 1, 5), case .found = stores.tiered.part(hot, 0) else {
            Issue.record("parts are where their segments are")
            return
        }
        #expect(stores.tiered.newestComplete(100).map(\.slot) == Array(hot..<slots.upperBound))
    }

    @Test("before the archive's first slot the window has passed; behind the newest there is nothing yet")
    func outside() throws {
        let stores = TwoStores(self.audio())
        let slots = try #require(stores.whole.slots)
        guard case .expired = stores.tiered.segment(slots.lowerBound - 1),
            case .expired = stores.tiered.part(slots.lowerBound - 1, 0),
            case .notYet = stores.tiered.segment(slots.upperBound + 1),
            case .notYet = stores.tiered.part(slots.upperBound, 6)
        else {
            Issue.record("both ends of the window must be told apart")
            return
        }
        #expect(stores.tiered.summary(ofSlot: slots.lowerBound - 1) == nil)
        #expect(stores.tiered.summary(ofSlot: slots.upperBound + 1) == nil)
    }

    @Test("the window has its depth, however much the archive still holds; and never less in memory than that holds")
    func depth() throws {
        let stores = TwoStores(self.audio(), seconds: 30, hotSeconds: 3_600)
        let slots = try #require(stores.tiered.slots)
        #expect(slots.count == 7 && slots == stores.whole.slots)
        #expect(stores.archive.slots?.count ?? 0 > 10)
    }

    @Test("the newest summaries end with the newest complete slot and begin where they are told")
    func newestSummaries() throws {
        let stores = TwoStores(self.audio())
        let last = try #require(stores.tiered.lastCompleteSlot)
        let slots = try #require(stores.tiered.slots)
        #expect(last == slots.upperBound - 1)
        #expect(stores.tiered.newestSummaries(5).map(\.slot) == Array(last - 4...last))
        #expect(stores.tiered.newestSummaries(1_000).map(\.slot) == Array(slots.lowerBound...last))
        #expect(stores.tiered.newestSummaries(5, from: last - 1).map(\.slot) == [last - 1, last])
        #expect(stores.tiered.newestSummaries(5, from: last + 1).isEmpty)
        #expect(stores.tiered.newestSummaries(0).isEmpty)
        #expect(stores.tiered.newestSummaries(1_000) == stores.whole.newestSummaries(1_000))
        #expect(SegmentStore(grid: .standard, seconds: 60).newestSummaries(5).isEmpty)
    }

    @Test("a store that opens with the archive's newest segment goes on in it, part by part")
    func reopened() throws {
        let published = self.audio(seconds: 20)
        let archive = MemoryArchive()
        archive.store(published)
        let newest = try #require(Segments.last(of: published))
        try #require(!newest.isComplete)
        let store = SegmentStore(grid: .standard, seconds: 3_600, hotSeconds: 60, archive: archive, newest: newest)
        #expect(store.slots == archive.slots)
        #expect(store.liveEdge == StreamCursor(slot: newest.slot, part: newest.parts.count))
        #expect(store.lastCompleteSlot == newest.slot - 1)
        let last = try #require(published.last)
        let next = Publication(
            segment: newest.header,
            part: Part(
                slot: newest.slot,
                index: newest.parts.count,
                samplesBefore: newest.sampleCount,
                bytes: last.part.bytes,
                frameLengths: last.part.frameLengths
            ),
            completesSegment: false
        )
        store.append(next)
        guard case .found(let grown) = store.segment(newest.slot) else {
            Issue.record("the open segment must be in memory")
            return
        }
        #expect(grown.parts.count == newest.parts.count + 1)
    }

    @Test("behind an outage memory begins anew, and what came before it stays where the archive has it")
    func jump() throws {
        let published = self.audio(seconds: 30)
        let end = try #require(Segments.last(of: published))
        let silence = try #require(end.silence)
        let run = SilentRun(first: end.header.following(samples: end.sampleCount), silence: silence, grid: .standard)
        let stores = TwoStores(published, silence: run)
        let old = try #require(stores.tiered.slots)
        let first = try #require(published.last { $0.part.index == 0 })
        let slot = old.upperBound + 1_000
        let header = SegmentHeader(
            slot: slot,
            start: SlotGrid.standard.edge(ofSlot: slot),
            firstSample: 0,
            format: first.segment.format,
            isDiscontinuous: false,
            discontinuitySequence: 0
        )
        let part = Part(
            slot: slot,
            index: 0,
            samplesBefore: 0,
            bytes: first.part.bytes,
            frameLengths: first.part.frameLengths
        )
        stores.append([Publication(segment: header, part: part, completesSegment: false)])
        #expect(stores.tiered.slots == old.lowerBound...slot)
        #expect(stores.tiered.newest?.slot == slot)
        // Every slot up to the open one is complete: those between are computed.
        #expect(stores.tiered.lastCompleteSlot == slot - 1)
        for past in [old.lowerBound, old.upperBound, slot - 1] {
            guard case .archived = stores.tiered.segment(past) else {
                Issue.record("slot \(past) must be the archive's")
                continue
            }
        }
        guard case .found = stores.tiered.part(slot, 0) else {
            Issue.record("the new part must be in memory")
            return
        }
    }

    @Test("audio that begins before what was restored begins memory anew: no slot is found under another's number")
    func backwards() throws {
        let published = self.audio(seconds: 40)
        let newest = try #require(Segments.all(published).last { $0.isComplete })
        let store = SegmentStore(grid: .standard, seconds: 3_600, hotSeconds: 60, archive: MemoryArchive(), newest: nil)
        store.restore(newest)
        #expect(store.newest?.slot == newest.slot)
        for publication in published where publication.segment.slot < newest.slot { store.append(publication) }
        for slot in try #require(store.slots) {
            guard case .found(let segment) = store.segment(slot) else { continue }
            #expect(segment.slot == slot)
        }
        #expect(store.newest?.slot == newest.slot - 1)
        store.restore(newest)
        #expect(store.newest?.slot == newest.slot - 1)
    }

    @Test("a cursor walks from the archive into memory without losing or repeating a part")
    func cursor() throws {
        let stores = TwoStores(self.audio())
        let slots = try #require(stores.whole.slots)
        var cursor = StreamCursor(slot: slots.lowerBound)
        var walked: [StreamCursor] = []
        var fromArchive = 0
        walking: while true {
            let place = cursor
            switch cursor.next(in: stores.tiered) {
            case .part(let part, _, _):
                #expect(place == StreamCursor(slot: part.slot, part: part.index))
            case .archived:
                #expect(cursor == place)
                cursor.advance(in: .standard)
                fromArchive += 1
            case .caughtUp:
                break walking
            case .expired:
                Issue.record("nothing has expired")
                break walking
            }
            walked.append(place)
        }
        #expect(cursor == stores.tiered.liveEdge)
        #expect(fromArchive == (slots.count - 4) * 6)
        #expect(walked == walked.sorted() && Set(walked).count == walked.count)
        #expect(Int64(walked.count) == cursor.ordinal(in: .standard) - slots.lowerBound * 6)
    }

    // MARK: Reset

    @Test("a reset keeps the open segment for those who listen, and nothing else", arguments: [true, false])
    func reset(keepsOpen: Bool) throws {
        let store = SegmentStore(grid: .standard, seconds: 3_600)
        for publication in self.audio() { store.append(publication) }
        let open = try #require(store.newest)
        try #require(!open.isComplete)
        store.reset(keepsOpen: keepsOpen)
        #expect(store.slots == (keepsOpen ? open.slot...open.slot : nil))
        #expect(store.newest?.parts.count == (keepsOpen ? open.parts.count : nil))
        #expect(store.lastCompleteSlot == nil)
    }

    @Test("a complete segment is no open one: a reset at a slot's edge leaves nothing")
    func resetAtAnEdge() throws {
        let store = SegmentStore(grid: .standard, seconds: 3_600)
        let published = self.audio()
        let end = try #require(published.lastIndex { $0.completesSegment })
        for publication in published[...end] { store.append(publication) }
        store.reset(keepsOpen: true)
        #expect(store.slots == nil && store.liveEdge == nil)
    }

    // MARK: Prepending

    @Test("older segments go before the oldest, only as many as the window holds, the newest of them")
    func prepend() throws {
        let segments = Segments.all(self.audio())
        try #require(segments.count > 10)
        let store = SegmentStore(grid: .standard, seconds: 30)
        let publications = self.audio().filter { $0.segment.slot >= segments[8].slot }
        for publication in publications { store.append(publication) }
        store.prepend(Array(segments[..<8]))
        let slots = try #require(store.slots)
        #expect(slots.count == 7 && slots.upperBound == segments[segments.count - 1].slot)
        for slot in slots {
            guard case .found(let segment) = store.segment(slot) else {
                Issue.record("slot \(slot) must be in memory")
                continue
            }
            #expect(segment.slot == slot && segment.summary == segments.first { $0.slot == slot }?.summary)
        }
        store.prepend(Array(segments[..<8]))
        #expect(store.slots == slots)
    }

    @Test("an empty store takes what fits; segments that do not adjoin, or that are there, are left out")
    func prependOddly() throws {
        let segments = Segments.all(self.audio())
        let empty = SegmentStore(grid: .standard, seconds: 30)
        empty.prepend(segments)
        #expect(empty.slots?.upperBound == segments.last?.slot && empty.slots?.count == empty.depth)
        let store = SegmentStore(grid: .standard, seconds: 3_600)
        for publication in self.audio() where publication.segment.slot >= segments[6].slot { store.append(publication) }
        store.prepend(Array(segments[..<5]))
        #expect(store.slots?.lowerBound == segments[6].slot)
        store.prepend(Array(segments[..<9]))
        #expect(store.slots?.lowerBound == segments[0].slot)
        guard case .found(let found) = store.segment(segments[6].slot) else {
            Issue.record("what was there must stay")
            return
        }
        #expect(found.parts.count == segments[6].parts.count)
    }
}

// SegmentStorePlacesTests: from a media time to a frame, when the audio has left memory.

import NIOCore
import Testing

@testable import Segmenter

@Suite struct SegmentStorePlacesTests {
    /// Audio, an outage that begins and ends inside slots, two short stalls, and audio again.
    private static let audio: Simulation = {
        var simulation = Simulation()
        simulation.play(seconds: 25)
        simulation.idle(seconds: 20)
        simulation.timeline.beginSource()
        simulation.play(seconds: 8)
        simulation.idle(seconds: 6)
        simulation.timeline.beginSource()
        simulation.play(seconds: 40)
        return simulation
    }()

    @Test("every moment leads to the same frame before an archive, and at most one slot has to be loaded for it")
    func sameAsInMemory() throws {
        let stores = TwoStores(Self.audio.published)
        let oldest = try #require(stores.whole.slots.map { SlotGrid.standard.edge(ofSlot: $0.lowerBound) })
        let newest = try #require(stores.whole.liveEdgeTime)
        var loads = 0
        for late in stride(from: Int64(-100), to: newest.millisecondsSince(oldest) + 100, by: 83) {
            let moment = oldest.advanced(byMilliseconds: late)
            let (found, loaded) = try stores.place { $0.place(notBefore: moment, with: $1) }
            #expect(found == stores.whole.place(notBefore: moment))
            #expect(stores.tiered.frame(notBefore: moment) == stores.whole.frame(notBefore: moment))
            #expect(loaded.count <= 1)
            loads += loaded.count
        }
        // Only slots with silence inside have to be looked into.
        #expect(loads > 0 && loads < 300)
    }

    @Test("a moment in a slot that is interrupted asks for that slot; what was loaded for another does not help")
    func needs() throws {
        let stores = TwoStores(Self.audio.published)
        let slots = try #require(stores.whole.slots)
        let interrupted = try #require(slots.first { stores.whole.summary(ofSlot: $0)?.isInterrupted == true })
        let summary = try #require(stores.tiered.summary(ofSlot: interrupted))
        let moment = summary.end.advanced(byMilliseconds: -500)
        #expect(stores.tiered.place(notBefore: moment) == .needs(slot: interrupted))
        let other = try #require(stores.archive.segment(interrupted - 1))
        #expect(stores.tiered.place(notBefore: moment, with: [other]) == .needs(slot: interrupted))
        let right = try #require(stores.archive.segment(interrupted))
        let found = stores.tiered.place(notBefore: moment, with: [other, right])
        #expect(found == stores.whole.place(notBefore: moment) && found.place != nil)
    }

    @Test("a live listener whose burst reaches into the archive begins where one in memory would")
    func livePlace() throws {
        let stores = TwoStores(Self.audio.published)
        for burst in stride(from: Int64(0), through: 120_000, by: 1_777) {
            let (found, _) = try stores.place { $0.livePlace(burst: burst, with: $1) }
            #expect(found == stores.whole.livePlace(burst: burst))
        }
    }

    @Test("the oldest time is that of the first frame from a source, however much silence is before it")
    func oldestTime() throws {
        let stores = TwoStores(Self.audio.published)
        let first = try #require(Self.audio.places[0])
        #expect(stores.tiered.oldestTime == Timestamp(milliseconds: first / 1_000))
        #expect(stores.tiered.oldestTime == stores.whole.oldestTime)
    }

    @Test("in silence that was computed, the next audio is found; a silent end leads to itself")
    func computed() throws {
        var simulation = Simulation()
        simulation.play(seconds: 20)
        simulation.idle(seconds: 4)
        let before = simulation.published
        let restarted = Timestamp(milliseconds: simulation.now / 1_000 + 600_000)
        let end = try #require(Segments.last(of: before))
        let continuation = try #require(Continuation(after: end))
        var timeline = Timeline(grid: .standard, continuing: continuation)
        var after = timeline.resume(at: restarted.milliseconds * 1_000)
        after += timeline.advance(to: restarted.milliseconds * 1_000)
        let closing = try #require(Segments.last(of: before + after.filter { $0.segment.slot == end.slot }))
        let silence = SilentRun(
            first: closing.header.following(samples: closing.sampleCount),
            silence: try #require(closing.silence),
            grid: .standard
        )
        let stores = TwoStores(before + after, silence: silence)
        let moment = restarted.advanced(byMilliseconds: -300_000)
        let frame = try #require(stores.tiered.frame(notBefore: moment))
        #expect((0...22).contains(frame.time.millisecondsSince(moment)))
        #expect(stores.tiered.place(notBefore: moment) == .found(frame))
        let slots = try #require(stores.tiered.slots)
        #expect(slots.allSatisfy { stores.tiered.summary(ofSlot: $0) != nil })
    }
}

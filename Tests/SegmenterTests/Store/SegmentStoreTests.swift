// SegmentStoreTests: the rewind window, by slot, by time, by distance from live.

import NIOCore
import Segmenter
import Testing

@Suite struct SegmentStoreTests {
    /// A store fed by a minute of audio at 48 kHz, and the simulation behind it.
    private func filled(seconds: Int = 14_400, playing: Double = 60) -> (SegmentStore, Simulation) {
        let store = SegmentStore(grid: .standard, seconds: seconds)
        var simulation = Simulation()
        simulation.play(seconds: playing)
        for publication in simulation.published { store.append(publication) }
        return (store, simulation)
    }

    private func numbers(from cursor: StreamCursor, in store: SegmentStore) -> [Int] {
        var cursor = cursor
        var result: [Int] = []
        while case .part(let part, let frame, _) = cursor.next(in: store) {
            result += TestAudio.numbers(of: part)[frame...].compactMap { $0 }
        }
        return result
    }

    @Test("a cursor walks every frame once, then waits at the live edge and goes on")
    func cursor() throws {
        var (store, simulation) = self.filled()
        let start = try #require(store.oldestPlace)
        var cursor = start.cursor
        var seen: [Int] = []
        while case .part(let part, let frame, _) = cursor.next(in: store) {
            seen += TestAudio.numbers(of: part)[frame...].compactMap { $0 }
        }
        #expect(seen == simulation.heard)
        #expect(cursor == store.liveEdge)
        simulation.published.removeAll()
        simulation.play(seconds: 5)
        for publication in simulation.published { store.append(publication) }
        while case .part(let part, let frame, _) = cursor.next(in: store) {
            seen += TestAudio.numbers(of: part)[frame...].compactMap { $0 }
        }
        #expect(seen == Array(0..<seen.count) && seen.count > 2_900)
    }

    @Test("a time finds the first frame not before it, by the segment's start and the sample count")
    func places() throws {
        let (store, simulation) = self.filled()
        let places = simulation.places
        for number in stride(from: 5, to: 2_500, by: 37) {
            let exact = try #require(places[number])
            let time = Timestamp(milliseconds: exact / 1_000)
            let found = try #require(store.place(notBefore: time).place)
            #expect(self.numbers(from: found.cursor, in: store).first == (exact % 1_000 == 0 ? number : number))
            let later = try #require(store.place(notBefore: time.advanced(byMilliseconds: 1)).place)
            #expect(self.numbers(from: later.cursor, in: store).first == number + 1)
            #expect(later.time >= time)
        }
        let edge = try #require(store.liveEdgeTime)
        #expect(store.place(notBefore: edge.advanced(byMilliseconds: 1)) == .nothing)
    }

    @Test("a time in silence finds the next audio")
    func silence() throws {
        let store = SegmentStore(grid: .standard, seconds: 3_600)
        var simulation = Simulation()
        simulation.play(seconds: 20)
        let lost = simulation.now
        simulation.idle(seconds: 30)
        simulation.timeline.beginSource()
        simulation.play(seconds: 20)
        for publication in simulation.published { store.append(publication) }
        let found = try #require(store.place(notBefore: Timestamp(milliseconds: lost / 1_000 + 10_000)).place)
        #expect(
            (19_500...20_500).contains(found.time.millisecondsSince(Timestamp(milliseconds: lost / 1_000)) - 10_000)
        )
        let oldest = try #require(store.oldestPlace)
        #expect(self.numbers(from: oldest.cursor, in: store).first == 0)
    }

    @Test("a live listener starts a burst behind the edge, on a frame, and never before the first audio")
    func livePlace() throws {
        let (store, _) = self.filled()
        let edge = try #require(store.liveEdgeTime)
        let place = try #require(store.livePlace(burst: 10_000).place)
        #expect((9_970...10_000).contains(edge.millisecondsSince(place.time)))
        let all = try #require(store.livePlace(burst: 3_600_000).place)
        #expect(all == store.oldestPlace)
        let none = try #require(store.livePlace(burst: 0).place)
        #expect(none.cursor == store.liveEdge)
    }

    @Test("the window is bounded, and a place that it has passed is told apart from one that is not there yet")
    func bounded() throws {
        let (store, _) = self.filled(seconds: 20)
        let slots = try #require(store.slots)
        #expect(slots.count == 5)
        var expired = StreamCursor(slot: slots.lowerBound - 1)
        guard case .expired = expired.next(in: store) else {
            Issue.record("a passed slot must be expired")
            return
        }
        var future = StreamCursor(slot: slots.upperBound + 1)
        guard case .caughtUp = future.next(in: store) else {
            Issue.record("a future slot must not be there yet")
            return
        }
        #expect(store.newestComplete(100).map(\.slot) == Array(slots.lowerBound..<slots.upperBound))
        #expect(store.newestComplete(2).map(\.slot) == [slots.upperBound - 2, slots.upperBound - 1])
    }

    @Test("an empty store knows no place")
    func empty() {
        let store = SegmentStore(grid: .standard, seconds: 60)
        #expect(store.livePlace(burst: 1_000) == .nothing)
        #expect(store.place(notBefore: Timestamp(milliseconds: 0)) == .nothing)
        #expect(store.oldestTime == nil && store.liveEdge == nil && store.lastCompleteSlot == nil)
        #expect(store.newestComplete(10).isEmpty)
    }
}

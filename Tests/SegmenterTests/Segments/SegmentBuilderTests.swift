// SegmentBuilderTests: frames laid on the clock's grid.

import NIOCore
import Testing

@testable import Segmenter

@Suite struct SegmentBuilderTests {
    private static let time = Timestamp(milliseconds: 1_790_000_002_345)
    private static let format = TestAudio.format(rate: 48_000)

    private func begun(
        _ output: inout [Publication],
        grid: SlotGrid = .standard,
        rate: Int32 = 48_000
    ) throws -> SegmentBuilder {
        var builder = SegmentBuilder(grid: grid)
        let silence = try #require(SilentFrame.matching(TestAudio.aac(0, rate: rate)))
        builder.begin(TestAudio.format(rate: rate), silence: silence, at: Self.time, into: &output)
        return builder
    }

    private func lay(
        _ builder: inout SegmentBuilder,
        frames: Int,
        correction: Int64 = 0,
        rate: Int32 = 48_000,
        into output: inout [Publication]
    ) {
        for number in 0..<frames {
            builder.append(TestAudio.aac(number, rate: rate), correction: correction, into: &output)
        }
    }

    @Test("the first run begins four slots early with silence that ends within half a frame of the first audio")
    func begin() throws {
        var output: [Publication] = []
        let builder = try self.begun(&output)
        let slot = SlotGrid.standard.slot(at: Self.time) - 4
        #expect(output.first?.segment.slot == slot)
        #expect(output.first?.segment.start == SlotGrid.standard.edge(ofSlot: slot))
        #expect(output.first?.segment.discontinuitySequence == slot)
        #expect(output.filter { $0.completesSegment }.count == 4)
        #expect(output.allSatisfy { $0.part.firstAudibleFrame() == nil && !$0.segment.isDiscontinuous })
        let position = try #require(builder.position)
        #expect(abs(position - Self.time.milliseconds * 1_000) <= 10_667)
        #expect(builder.format == Self.format)
    }

    @Test("before a run there is no position, and filling or closing lays nothing")
    func empty() {
        var builder = SegmentBuilder(grid: .standard)
        var output: [Publication] = []
        builder.fill(until: .max, into: &output)
        builder.closePart(into: &output)
        #expect(output.isEmpty && builder.position == nil && builder.openPartEnd == nil && builder.format == nil)
    }

    @Test(
        "the packaged time is the sample count since the epoch, without steering",
        arguments: [48_000, 44_100, 8_000] as [Int32]
    )
    func firstSamples(rate: Int32) throws {
        var output: [Publication] = []
        var builder = try self.begun(&output, rate: rate)
        self.lay(&builder, frames: 2_000, correction: 3_000, rate: rate, into: &output)
        let first = try #require(output.first?.segment)
        #expect(first.firstSample == first.start.milliseconds * Int64(rate) / 1_000)
        var next = first.firstSample
        for publication in output {
            #expect(publication.segment.firstSample + publication.part.samplesBefore == next)
            next += Int64(publication.part.frameCount) * 1_024
        }
    }

    @Test(
        "a correction moves the next slot's start, whole milliseconds, and is reported once",
        arguments: [3_000, -3_000] as [Int64]
    )
    func correction(microseconds: Int64) throws {
        var output: [Publication] = []
        var builder = try self.begun(&output)
        _ = builder.takeShift()
        output.removeAll()
        self.lay(&builder, frames: 700, correction: microseconds, into: &output)
        let starts = output.filter { $0.part.index == 0 }.map(\.segment)
        let pair = try #require(starts.count >= 2 ? (starts[0], starts[1]) : nil)
        let counted = (pair.1.firstSample - pair.0.firstSample) * 1_000 / 48_000
        #expect(abs(pair.1.start.millisecondsSince(pair.0.start) - counted - microseconds / 1_000) <= 1)
        #expect((0...24).contains(pair.1.start.millisecondsSince(SlotGrid.standard.edge(ofSlot: pair.1.slot))))
        let edges = Int64(output.filter { $0.completesSegment }.count)
        // A start is in whole milliseconds, so each edge may add half of one.
        #expect(edges > 0 && abs(builder.takeShift() - edges * microseconds) <= edges * 500)
        #expect(builder.takeShift() == 0)
    }

    @Test("closing a part lays silence to the part's end on the clock, and only there")
    func closesParts() throws {
        var output: [Publication] = []
        var builder = try self.begun(&output)
        self.lay(&builder, frames: 10, into: &output)
        output.removeAll()
        let end = try #require(builder.openPartEnd)
        builder.closePart(into: &output)
        #expect(output.count == 1)
        #expect(output.first?.part.silences.isEmpty == false)
        let position = try #require(builder.position)
        #expect((0..<21_334).contains(position - end.milliseconds * 1_000))
        #expect(builder.openPartEnd == end.advanced(byMilliseconds: 960))
    }

    @Test("another format enters at the next slot behind a discontinuity, the old one's silence up to there")
    func changes() throws {
        var output: [Publication] = []
        var builder = try self.begun(&output)
        self.lay(&builder, frames: 10, into: &output)
        output.removeAll()
        let other = TestAudio.aac(0, rate: 44_100)
        builder.change(to: other.format, silence: try #require(SilentFrame.matching(other)), into: &output)
        let old = try #require(output.last)
        #expect(old.completesSegment && old.segment.format == Self.format)
        #expect(builder.format == other.format)
        self.lay(&builder, frames: 300, rate: 44_100, into: &output)
        let new = try #require(output.first { $0.segment.format == other.format }?.segment)
        #expect(new.slot == old.segment.slot + 1 && new.isDiscontinuous)
        #expect(new.discontinuitySequence == old.segment.discontinuitySequence + 1)
        let oldSamples = old.part.samplesBefore + Int64(old.part.frameCount) * 1_024
        #expect(new.start >= old.segment.time(afterSamples: oldSamples))
        #expect(new.start.millisecondsSince(SlotGrid.standard.edge(ofSlot: new.slot)) < 24)
        #expect(new.firstSample == new.start.milliseconds * 44_100 / 1_000)
        let next = output.first { $0.segment.slot == new.slot + 1 }?.segment
        #expect(next?.isDiscontinuous == false && next?.discontinuitySequence == new.discontinuitySequence)
    }

    @Test("another format that begins exactly at a slot's edge enters there, without a slot of silence before it")
    func changesAtAnEdge() throws {
        var output: [Publication] = []
        var builder = try self.begun(&output)
        while output.last?.completesSegment != true { self.lay(&builder, frames: 1, into: &output) }
        let completed = try #require(output.last?.segment.slot)
        let other = TestAudio.aac(0, rate: 44_100)
        builder.change(to: other.format, silence: try #require(SilentFrame.matching(other)), into: &output)
        self.lay(&builder, frames: 50, rate: 44_100, into: &output)
        let new = output.first { $0.segment.format == other.format }?.segment
        #expect(new?.slot == completed + 1)
    }

    @Test("parts of an outage share their bytes, however long it lasts")
    func outage() throws {
        var output: [Publication] = []
        var builder = try self.begun(&output)
        output.removeAll()
        builder.fill(until: (Self.time.milliseconds + 600_000) * 1_000, into: &output)
        let addresses = output.map { $0.part.bytes.withUnsafeReadableBytes { $0.baseAddress } }
        #expect(output.count > 600)
        // The silence before the first part may be a part of its own length.
        #expect(Set(addresses).count <= 3)
    }

    // MARK: Skipping

    @Test("skipping closes the open slot with silence, and the run goes on at a later one as if it had been laid")
    func skips() throws {
        for rate in [48_000, 44_100] as [Int32] {
            var output: [Publication] = []
            var laid = try self.begun(&output, rate: rate)
            self.lay(&laid, frames: 100, rate: rate, into: &output)
            var skipped = laid
            output.removeAll()
            let open = try #require(
                laid.openPartEnd.map { SlotGrid.standard.slot(at: $0.advanced(byMilliseconds: -1)) }
            )
            skipped.skip(toSlot: open + 500, into: &output)
            #expect(output.allSatisfy { $0.segment.slot == open } && output.last?.completesSegment == true)
            output.removeAll()
            laid.fill(until: SlotGrid.standard.edge(ofSlot: open + 501).milliseconds * 1_000, into: &output)
            let expected = try #require(output.first { $0.segment.slot == open + 500 }?.segment)
            #expect(skipped.openPartEnd == SlotGrid.standard.edge(ofSlot: open + 500, part: 1))
            var rest: [Publication] = []
            self.lay(&skipped, frames: 50, rate: rate, into: &rest)
            let segment = try #require(rest.first?.segment)
            #expect(segment.slot == expected.slot)
            // Laid slots are rounded to the millisecond one by one, computed ones at once: at 48 kHz both are exact.
            let drift: Int64 = rate == 48_000 ? 0 : 250
            #expect(abs(segment.start.millisecondsSince(expected.start)) <= drift)
            #expect(abs(segment.firstSample - expected.firstSample) <= drift * 44)
            #expect(segment.discontinuitySequence == expected.discontinuitySequence && !segment.isDiscontinuous)
        }
    }

    @Test("skipping to the open slot, the next one or an earlier one lays nothing; before a run neither")
    func skipsNothing() throws {
        var output: [Publication] = []
        var empty = SegmentBuilder(grid: .standard)
        empty.skip(toSlot: 400_000_000, into: &output)
        #expect(output.isEmpty && empty.position == nil)
        var builder = try self.begun(&output)
        self.lay(&builder, frames: 10, into: &output)
        let (position, count) = (builder.position, output.count)
        let open = SlotGrid.standard.slot(at: Self.time)
        for slot in [open - 100, open, open + 1] { builder.skip(toSlot: slot, into: &output) }
        #expect(builder.position == position && output.count == count)
    }
}

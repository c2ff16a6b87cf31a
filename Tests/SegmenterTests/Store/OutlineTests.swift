// OutlineTests: when there was audio, when not and why, and which titles there were.

import NIOCore
import Testing

@testable import Segmenter

@Suite struct OutlineTests {
    private static let second: Int64 = 1_000

    private func at(_ seconds: Int64, milliseconds: Int64 = 0) -> Timestamp {
        Timestamp(milliseconds: 1_790_000_000_000 + seconds * Self.second + milliseconds)
    }

    private func gap(_ start: Int64, _ end: Int64, _ reason: Outline.Reason = .source) -> Outline.Gap {
        Outline.Gap(start: self.at(start), end: self.at(end), reason: reason)
    }

    private func outline(of published: [Publication]) -> Outline {
        var outline = Outline()
        for publication in published { outline.append(publication.part, of: publication.segment) }
        return outline
    }

    @Test("ranges are the stretches between the gaps, to the frame, whether parts or segments are added")
    func ranges() throws {
        var simulation = Simulation()
        simulation.play(seconds: 20)
        simulation.idle(seconds: 30)
        simulation.timeline.beginSource()
        simulation.play(seconds: 20)
        let outline = self.outline(of: simulation.published)
        let places = simulation.places
        let heard = simulation.heard.compactMap { places[$0] }
        let hole = try #require(zip(heard, heard.dropFirst()).max { $0.1 - $0.0 < $1.1 - $1.0 })
        #expect(outline.withoutSilentStart.ranges.count == 2)
        let ranges = outline.withoutSilentStart.ranges
        #expect(ranges[0].lowerBound == Timestamp(milliseconds: heard[0] / 1_000))
        // A frame of 1,024 samples lasts 21.3 ms, and times are rounded down.
        #expect((21...22).contains(ranges[0].upperBound.milliseconds - hole.0 / 1_000))
        #expect(ranges[1].lowerBound == Timestamp(milliseconds: hole.1 / 1_000))
        #expect(ranges[1].upperBound == outline.end)
        var whole = Outline()
        for segment in Segments.all(simulation.published) { whole.append(segment) }
        #expect(whole == outline)
    }

    @Test("a gap goes on across parts and slots, though slots' edges are corrected by some milliseconds")
    func touching() {
        var outline = Outline()
        outline.append(Outline.Gap(start: self.at(0), end: self.at(6), reason: .source))
        outline.append(Outline.Gap(start: self.at(6, milliseconds: 4), end: self.at(9), reason: .source))
        #expect(outline.gaps == [self.gap(0, 9)])
        outline.append(Outline.Gap(start: self.at(9, milliseconds: 5), end: self.at(10), reason: .source))
        #expect(outline.gaps.count == 2)
    }

    @Test("silences that touch are one gap for each reason, and no range lies between them")
    func reasons() {
        let gaps = [self.gap(0, 5), self.gap(5, 6, .damage), self.gap(6, 90, .server), self.gap(90, 100)]
        var outline = Outline()
        for gap in gaps { outline.append(gap) }
        #expect(outline.gaps == gaps)
        #expect(outline.ranges.isEmpty)
        outline.append(self.gap(100, 110))
        #expect(outline.gaps == gaps.dropLast() + [self.gap(90, 110)])
    }

    @Test("gaps that become known later fall into their place and join those they touch")
    func with() {
        var outline = Outline()
        outline.append(self.gap(10, 20))
        outline.append(self.gap(40, 50))
        let more = [self.gap(31, 32, .damage), self.gap(30, 31, .damage), self.gap(5, 10)]
        let expected = [self.gap(5, 20), self.gap(30, 32, .damage), self.gap(40, 50)]
        #expect(outline.with(more).gaps == expected)
        #expect(outline.with([]) == outline)
    }

    @Test("an outline of two is what one of both would have been")
    func appended() throws {
        var simulation = Simulation()
        simulation.play(seconds: 12)
        simulation.timeline.announce(Title(time: Timestamp(milliseconds: simulation.now / 1_000), text: "one"))
        simulation.play(seconds: 12)
        simulation.idle(seconds: 12)
        simulation.timeline.beginSource()
        simulation.timeline.announce(Title(time: Timestamp(milliseconds: simulation.now / 1_000), text: "two"))
        simulation.play(seconds: 12)
        let whole = self.outline(of: simulation.published)
        #expect(whole.titles.map(\.text) == ["one", "two"])
        for cut in stride(from: 0, through: simulation.published.count, by: 7) {
            var joined = self.outline(of: Array(simulation.published[..<cut]))
            joined.append(self.outline(of: Array(simulation.published[cut...])))
            #expect(joined == whole)
        }
    }

    @Test("each title is listed once, at the frame it began with")
    func titles() throws {
        var simulation = Simulation()
        simulation.play(seconds: 10)
        for text in ["a", "b", "c"] {
            simulation.timeline.announce(Title(time: Timestamp(milliseconds: simulation.now / 1_000), text: text))
            simulation.play(seconds: 7)
        }
        let titles = self.outline(of: simulation.published).titles
        #expect(titles.map(\.text) == ["a", "b", "c"])
        #expect(titles.map(\.time) == titles.map(\.time).sorted() && Set(titles.map(\.time)).count == 3)
    }

    @Test("a clipped outline has what lies between, gaps cut, and the title in force at its start")
    func clipped() {
        let titles = [("a", 0), ("b", 20), ("c", 60), ("d", 90)].map { Title(time: self.at($0.1), text: $0.0) }
        let gaps = [self.gap(5, 10), self.gap(30, 40), self.gap(80, 95, .server)]
        let outline = Outline(start: self.at(0), end: self.at(100), gaps: gaps, titles: titles)
        let clipped = outline.clipped(from: self.at(35), to: self.at(85))
        #expect(clipped.start == self.at(35) && clipped.end == self.at(85))
        #expect(clipped.gaps == [self.gap(35, 40), self.gap(80, 85, .server)])
        #expect(clipped.titles.map(\.text) == ["b", "c"])
        #expect(clipped.ranges == [self.at(40)..<self.at(80)])
        #expect(outline.clipped(from: self.at(-50), to: self.at(500)) == outline)
        #expect(outline.clipped(from: self.at(20), to: self.at(60)).titles.map(\.text) == ["b"])
        #expect(outline.clipped(from: self.at(200), to: self.at(300)).ranges.isEmpty)
        #expect(outline.clipped(from: self.at(200), to: self.at(300)).gaps.isEmpty)
    }

    @Test("silence before the first audio was no outage; silence behind it was")
    func silentStart() {
        var outline = Outline()
        outline.append(self.gap(0, 20))
        let audio = Outline(start: self.at(20), end: self.at(50), gaps: [self.gap(40, 50)], titles: [])
        outline.append(audio)
        #expect(outline.ranges == [self.at(20)..<self.at(40)])
        let shown = outline.withoutSilentStart
        #expect(shown.start == self.at(20) && shown.gaps == [self.gap(40, 50)])
        #expect(shown.ranges == outline.ranges)
        #expect(audio.withoutSilentStart == audio)
    }

    @Test("nothing has neither ranges nor gaps, clipped or not")
    func empty() {
        let outline = Outline()
        #expect(outline.ranges.isEmpty && outline.withoutSilentStart == outline)
        let clipped = outline.clipped(from: self.at(0), to: self.at(10))
        #expect(clipped == outline && clipped.start == nil && clipped.end == nil)
    }
}

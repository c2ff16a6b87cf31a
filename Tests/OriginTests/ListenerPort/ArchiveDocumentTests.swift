// ArchiveDocumentTests: what can be played, as JSON.

import Foundation
import NIOCore
import Segmenter
import Testing

@testable import Origin

@Suite struct ArchiveDocumentTests {
    /// The document as a client decodes it.
    private struct Document: Decodable {
        struct Range: Decodable, Equatable {
            let start: String
            let end: String
        }

        struct Gap: Decodable, Equatable {
            let start: String
            let end: String
            let reason: String
        }

        struct Title: Decodable, Equatable {
            let time: String
            let title: String
            let url: String?
        }

        let ranges: [Range]
        let gaps: [Gap]
        let titles: [Title]
    }

    private func at(_ seconds: Int64) -> Timestamp {
        Timestamp(milliseconds: 1_795_000_000_123 + seconds * 1_000)
    }

    private func document(_ outline: Outline) throws -> Document {
        try JSONDecoder().decode(Document.self, from: Data(ArchiveDocument.render(outline).readableBytesView))
    }

    @Test("ranges, gaps with their reasons, and titles, in UTC to the millisecond")
    func all() throws {
        let gaps = [
            Outline.Gap(start: self.at(10), end: self.at(20), reason: .source),
            Outline.Gap(start: self.at(30), end: self.at(40), reason: .server),
            Outline.Gap(start: self.at(50), end: self.at(51), reason: .damage),
        ]
        let titles = [
            Title(time: self.at(-5), text: "Quote \" and \\ and \u{1} and ü"),
            Title(time: self.at(45), text: "", url: "http://a/\"b"),
        ]
        let document = try self.document(Outline(start: self.at(0), end: self.at(60), gaps: gaps, titles: titles))
        let edges = [(0, 10), (20, 30), (40, 50), (51, 60)] as [(Int64, Int64)]
        #expect(document.ranges == edges.map { .init(start: self.at($0.0).rfc3339, end: self.at($0.1).rfc3339) })
        #expect(document.gaps.map(\.reason) == ["source", "server", "damage"])
        #expect(
            document.gaps.map(\.start) == gaps.map(\.start.rfc3339)
                && document.gaps.map(\.end) == gaps.map(\.end.rfc3339)
        )
        #expect(document.titles.map(\.title) == titles.map(\.text))
        #expect(document.titles.map(\.url) == [nil, "http://a/\"b"])
        #expect(document.titles.map(\.time) == titles.map(\.time.rfc3339))
        #expect(document.ranges[0].start.hasSuffix(".123Z"))
    }

    @Test("what precedes the first audio is neither a range nor a gap")
    func silentStart() throws {
        let gaps = [
            Outline.Gap(start: self.at(0), end: self.at(20), reason: .source),
            Outline.Gap(start: self.at(30), end: self.at(40), reason: .source),
        ]
        let document = try self.document(Outline(start: self.at(0), end: self.at(60), gaps: gaps, titles: []))
        #expect(document.ranges.first?.start == self.at(20).rfc3339)
        #expect(document.gaps == [.init(start: self.at(30).rfc3339, end: self.at(40).rfc3339, reason: "source")])
    }

    @Test("a stream without audio has an empty document")
    func empty() throws {
        let document = try self.document(Outline())
        #expect(document.ranges.isEmpty && document.gaps.isEmpty && document.titles.isEmpty)
        #expect(ArchiveDocument.outline(of: SegmentStore(grid: .standard, seconds: 60)) == Outline())
    }

    @Test("of a stream in memory alone it is gathered from there, to the frame")
    func memory() throws {
        let (station, encoder) = try Station.playing(30)
        encoder.leave()
        let lost = station.time.now
        station.play(20)
        let again = Encoder(from: 1_000_000)
        try station.connect(again)
        let back = station.time.now
        station.play(20, again)
        let document = try self.document(ArchiveDocument.outline(of: station.stream.store))
        #expect(document.ranges.count == 2 && document.gaps.count == 1)
        let start = try #require(Timestamp(rfc3339: document.gaps[0].start))
        let end = try #require(Timestamp(rfc3339: document.gaps[0].end))
        #expect(abs(start.millisecondsSince(lost)) < 1_000 && abs(end.millisecondsSince(back)) < 1_000)
        let edge = try #require(station.stream.store.liveEdgeTime)
        #expect(document.ranges.last?.end == edge.rfc3339)
    }
}

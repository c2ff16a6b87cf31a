// ContinuationTests: where a stored run ends, and so where it goes on.

import NIOCore
import Testing

@testable import Segmenter

@Suite struct ContinuationTests {
    private func published(seconds: Double = 20, rate: Int32 = 48_000) -> [Publication] {
        var simulation = Simulation(rate: rate)
        simulation.play(seconds: seconds)
        return simulation.published
    }

    @Test(
        "behind every part it is the next part's first sample, in the same segment or the next",
        arguments: [48_000, 44_100]
    )
    func next(rate: Int32) throws {
        let published = self.published(rate: rate)
        for cut in 1..<published.count {
            let segment = try #require(Segments.last(of: Array(published[..<cut])))
            let end = try #require(Continuation(after: segment))
            let next = published[cut]
            #expect(end.nextPart == next.part.index && end.samples == next.part.samplesBefore)
            #expect(end.header.slot == next.segment.slot && end.header.firstSample == next.segment.firstSample)
            #expect(end.header.discontinuitySequence == next.segment.discontinuitySequence)
            // Steering may have corrected the edge by some milliseconds.
            #expect(abs(end.header.start.millisecondsSince(next.segment.start)) <= 4)
            let position = next.segment.start.milliseconds * 1_000 + next.part.samplesBefore * 1_000_000 / Int64(rate)
            #expect(abs(end.position - position) <= 4_000)
        }
    }

    @Test("silence and the title in force come from what is stored", arguments: [false, true])
    func silenceAndTitle(isMP3: Bool) throws {
        let frame = isMP3 ? TestAudio.mp3(7) : TestAudio.aac(7)
        let header = SegmentHeader(
            slot: 310_000_000,
            start: SlotGrid.standard.edge(ofSlot: 310_000_000),
            firstSample: 0,
            format: frame.format,
            isDiscontinuous: false,
            discontinuitySequence: 9
        )
        func title(_ text: String) -> Title { Title(time: header.start, text: text) }
        func segment(_ changes: [Part.TitleChange]) -> Segment {
            let part = Part(
                slot: header.slot,
                index: 0,
                samplesBefore: 0,
                bytes: frame.bytes,
                frameLengths: [UInt16(frame.bytes.readableBytes)],
                title: title("first"),
                titleChanges: changes
            )
            return Segment(header: header, parts: [part])
        }
        let end = try #require(Continuation(after: segment([])))
        #expect(end.silence.bytes == SilentFrame.matching(frame)?.bytes)
        #expect(end.title == title("first"))
        let changes = [2, 5].map { Part.TitleChange(frame: $0, title: title("\($0)")) }
        #expect(Continuation(after: segment(changes))?.title == title("5"))
    }

    @Test("an empty segment, and one whose bytes are not frames, continue nothing")
    func nothing() throws {
        let header = try #require(self.published().first?.segment)
        #expect(Continuation(after: Segment(header: header)) == nil)
        let junk = Part(
            slot: header.slot,
            index: 0,
            samplesBefore: 0,
            bytes: ByteBuffer(string: "junk"),
            frameLengths: [4]
        )
        #expect(Continuation(after: Segment(header: header, parts: [junk])) == nil)
        let short = Part(slot: header.slot, index: 0, samplesBefore: 0, bytes: ByteBuffer(), frameLengths: [4])
        #expect(Continuation(after: Segment(header: header, parts: [short])) == nil)
        let none = Part(slot: header.slot, index: 0, samplesBefore: 0, bytes: ByteBuffer(), frameLengths: [])
        #expect(Continuation(after: Segment(header: header, parts: [none])) == nil)
    }
}

// StreamCursorTests: a reader's place, part by part.

import NIOCore
import Testing

@testable import Segmenter

@Suite struct StreamCursorTests {
    private func publication(_ slot: Int64, _ index: Int, isLast: Bool) -> Publication {
        let header = SegmentHeader(
            slot: slot,
            start: SlotGrid.standard.edge(ofSlot: slot),
            firstSample: slot * 276_480,
            format: TestAudio.format(rate: 48_000),
            isDiscontinuous: false,
            discontinuitySequence: 0
        )
        let part = Part(
            slot: slot,
            index: index,
            samplesBefore: Int64(index) * 46_080,
            bytes: ByteBuffer(string: "\(slot).\(index)"),
            frameLengths: [1, 2]
        )
        return Publication(segment: header, part: part, completesSegment: isLast)
    }

    private func read(_ cursor: inout StreamCursor, _ store: SegmentStore) -> [String] {
        var texts: [String] = []
        while case .part(let part, let frame, _) = cursor.next(in: store) {
            texts.append("\(String(buffer: part.bytes))+\(frame)")
        }
        return texts
    }

    @Test("a cursor at the live edge follows the open segment part by part, then moves on; a frame counts once")
    func follows() {
        let store = SegmentStore(grid: .standard, seconds: 60)
        var cursor = StreamCursor(slot: 10, part: 1, frame: 1)
        #expect(self.read(&cursor, store) == [])
        for index in 0..<3 { store.append(self.publication(10, index, isLast: false)) }
        #expect(self.read(&cursor, store) == ["10.1+1", "10.2+0"])
        #expect(cursor == StreamCursor(slot: 10, part: 3))
        store.append(self.publication(10, 3, isLast: true))
        #expect(self.read(&cursor, store) == ["10.3+0"])
        #expect(cursor == StreamCursor(slot: 11) && cursor == store.liveEdge)
        store.append(self.publication(11, 0, isLast: false))
        #expect(self.read(&cursor, store) == ["11.0+0"])
    }

    @Test("a cursor that the window has passed is told so, and stays where it is")
    func expires() {
        let store = SegmentStore(grid: .standard, seconds: 1)
        for slot in Int64(1)...4 { store.append(self.publication(slot, 0, isLast: true)) }
        var cursor = StreamCursor(slot: 2, part: 0, frame: 1)
        guard case .expired = cursor.next(in: store) else {
            Issue.record("slot 2 must have expired")
            return
        }
        #expect(cursor == StreamCursor(slot: 2, part: 0, frame: 1))
        var kept = StreamCursor(slot: 3)
        #expect(self.read(&kept, store) == ["3.0+0", "4.0+0"])
    }

    @Test("ordinals count parts on the clock across slots")
    func ordinals() {
        let grid = SlotGrid.standard
        #expect(StreamCursor(slot: 0, part: 4).ordinal(in: grid) == 4)
        #expect(StreamCursor(slot: 310_000_000, part: 5, frame: 9).ordinal(in: grid) == 1_860_000_005)
        #expect(StreamCursor(slot: 12).ordinal(in: grid) - StreamCursor(slot: 11, part: 5).ordinal(in: grid) == 1)
    }

    @Test("a place in the archive stays until it is advanced over, which forgets the frame and ends slots on the grid")
    func archived() {
        let archive = MemoryArchive()
        let store = SegmentStore(grid: .standard, seconds: 3_600, hotSeconds: 1, archive: archive, newest: nil)
        for slot in Int64(1)...6 {
            for index in 0..<6 {
                let publication = self.publication(slot, index, isLast: index == 5)
                archive.store([publication])
                store.append(publication)
            }
        }
        var cursor = StreamCursor(slot: 2, part: 4, frame: 1)
        guard case .archived = cursor.next(in: store) else {
            Issue.record("slot 2 must be in the archive")
            return
        }
        #expect(cursor == StreamCursor(slot: 2, part: 4, frame: 1))
        cursor.advance(in: .standard)
        #expect(cursor == StreamCursor(slot: 2, part: 5))
        cursor.advance(in: .standard)
        #expect(cursor == StreamCursor(slot: 3))
        var hot = StreamCursor(slot: 6, part: 4)
        #expect(self.read(&hot, store) == ["6.4+0", "6.5+0"])
    }

    @Test("places are ordered by slot, then part, then frame")
    func order() {
        let sorted = [
            StreamCursor(slot: 1), StreamCursor(slot: 1, part: 0, frame: 7), StreamCursor(slot: 1, part: 1),
            StreamCursor(slot: 1, part: 1, frame: 1), StreamCursor(slot: 2), StreamCursor(slot: 10),
        ]
        #expect(sorted.reversed().sorted() == sorted)
        #expect(!(sorted[3] < sorted[3]))
    }
}

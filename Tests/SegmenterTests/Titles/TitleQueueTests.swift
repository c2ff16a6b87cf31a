// TitleQueueTests: titles bound to the frames they begin at.

import Testing

@testable import Segmenter

@Suite struct TitleQueueTests {
    /// 1,024 samples at 48 kHz: frames begin at 0, 21.333, 42.666 ms and so on.
    private static let format = TestAudio.format(rate: 48_000)
    private static let start: Int64 = 1_790_000_000_000

    private func title(_ text: String, at offset: Int64) -> Title {
        Title(time: Timestamp(milliseconds: Self.start + offset), text: text)
    }

    private func place(_ queue: inout TitleQueue, part: Int64 = 0) -> (title: Title?, changes: [Part.TitleChange]) {
        queue.place(into: 45, from: (Self.start + part * 960) * 1_000, format: Self.format)
    }

    @Test("without a title there is none, and none changes")
    func none() {
        var queue = TitleQueue()
        let placed = self.place(&queue)
        #expect(placed.title == nil && placed.changes.isEmpty)
    }

    @Test(
        "a title begins at the first frame not before its time, and is dated by that frame",
        arguments: [(1, 1, 21), (21, 1, 21), (22, 2, 42), (100, 5, 106), (917, 43, 917), (938, 44, 938)]
    )
    func binds(offset: Int64, frame: Int, time: Int64) {
        var queue = TitleQueue()
        queue.announce(self.title("a", at: offset))
        let placed = self.place(&queue)
        #expect(placed.title == nil)
        #expect(placed.changes == [Part.TitleChange(frame: frame, title: self.title("a", at: time))])
        #expect(self.place(&queue, part: 1).title == self.title("a", at: time))
    }

    @Test(
        "a title whose time has passed begins at the first unpublished frame",
        arguments: [0, -1, -5_000, -Self.start]
    )
    func late(offset: Int64) {
        var queue = TitleQueue()
        queue.announce(self.title("a", at: offset))
        let placed = self.place(&queue)
        #expect(placed.title == self.title("a", at: 0) && placed.changes.isEmpty)
    }

    @Test("a title in the last gap of a part, or later, waits for its part")
    func waits() {
        var queue = TitleQueue()
        queue.announce(self.title("next", at: 939))
        queue.announce(self.title("later", at: 1_000))
        let placed = self.place(&queue)
        #expect(placed.title == nil && placed.changes.isEmpty)
        let following = self.place(&queue, part: 1)
        #expect(following.title == self.title("next", at: 960))
        #expect(following.changes.map(\.frame) == [2])
    }

    @Test("titles are ordered by time, however they arrive, and of several for one frame the last holds")
    func order() {
        var queue = TitleQueue()
        for (text, offset) in [("c", 300), ("a", -10), ("d", 301), ("b", -5)] as [(String, Int64)] {
            queue.announce(self.title(text, at: offset))
        }
        let placed = self.place(&queue)
        #expect(placed.title?.text == "b")
        #expect(placed.changes.map(\.title.text) == ["d"])
        #expect(placed.changes.map(\.frame) == [15])
    }

    @Test("no two titles share a time, whatever is announced: the time identifies the title")
    func timesAreDistinct() {
        var queue = TitleQueue()
        var seen: [Title] = []
        for part in Int64(0)..<4 {
            for offset in stride(from: Int64(0), to: 960, by: 7) {
                queue.announce(self.title("\(part).\(offset)", at: part * 960 + offset - 480))
            }
            let placed = self.place(&queue, part: part)
            if let title = placed.title, title != seen.last { seen.append(title) }
            seen += placed.changes.map(\.title)
            #expect(placed.changes.map(\.frame) == placed.changes.map(\.frame).sorted())
        }
        #expect(Set(seen.map(\.time)).count == seen.count)
        #expect(seen.map(\.time) == seen.map(\.time).sorted())
    }

    @Test("a flood of titles is bounded, and the newest stay")
    func bounded() {
        var queue = TitleQueue()
        for number in 0..<1_000 { queue.announce(self.title("\(number)", at: Int64(number) * 960)) }
        #expect(self.place(&queue).title == nil)
        #expect(self.place(&queue, part: 935).title == nil)
        #expect(self.place(&queue, part: 936).title?.text == "936")
        #expect(self.place(&queue, part: 999).title?.text == "999")
    }

    @Test(
        "a title for another age, even the farthest, waits, and those that are due pass before it",
        arguments: [34_560_000_000, 221_356_800_000, 253_402_300_799_999, .max - Self.start] as [Int64]
    )
    func farAhead(offset: Int64) {
        var queue = TitleQueue()
        queue.announce(self.title("far", at: offset))
        queue.announce(self.title("now", at: 0))
        #expect(self.place(&queue).title?.text == "now")
        #expect(self.place(&queue, part: 1).title?.text == "now")
        #expect(self.place(&queue, part: 1).changes.isEmpty)
    }

    @Test("a title of the farthest past is one that is due", arguments: [.min, -62_135_596_800_000, 0] as [Int64])
    func farBehind(milliseconds: Int64) {
        var queue = TitleQueue()
        queue.announce(Title(time: Timestamp(milliseconds: milliseconds), text: "old"))
        #expect(self.place(&queue).title == self.title("old", at: 0))
    }

    @Test("a queue goes on with the title in force, until another begins")
    func current() {
        var queue = TitleQueue(current: self.title("before", at: -60_000))
        #expect(self.place(&queue).title == self.title("before", at: -60_000))
        queue.announce(self.title("next", at: 1_000))
        let placed = self.place(&queue, part: 1)
        #expect(placed.title == self.title("before", at: -60_000))
        #expect(placed.changes == [Part.TitleChange(frame: 2, title: self.title("next", at: 1_002))])
        #expect(self.place(&queue, part: 2).title?.text == "next")
    }
}

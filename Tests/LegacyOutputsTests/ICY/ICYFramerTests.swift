// ICYFramerTests: blocks at exact intervals, whatever the sizes of the parts.

import NIOCore
import Testing

@testable import LegacyOutputs
@testable import Segmenter

@Suite struct ICYFramerTests {
    private func framed(_ parts: [Part], interval: Int, fromFrame: Int = 0) -> ByteBuffer {
        var framer = ICYFramer(interval: interval)
        var output = ByteBuffer()
        for (index, part) in parts.enumerated() {
            framer.frame(part, fromFrame: index == 0 ? fromFrame : 0) { output.writeImmutableBuffer($0) }
        }
        return output
    }

    @Test("without its blocks the stream is exactly the audio from the first frame wanted on", arguments: 0..<60)
    func roundTrip(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var stream = TestParts()
        for _ in 0..<Int.random(in: 1...12, using: &random) {
            let frames = Int.random(in: 1...60, using: &random)
            let titles = Bool.random(using: &random) ? [Int.random(in: 0..<frames, using: &random): "title"] : [:]
            stream.publish(frames: frames, frameBytes: Int.random(in: 1...120, using: &random), titles: titles)
        }
        let parts = stream.parts
        let start = Int.random(in: 0..<parts[0].frameCount, using: &random)
        let large = (0..<4).map { _ in Int.random(in: 1_000...40_000, using: &random) }
        let intervals = large + [16_000, Int.random(in: 1...300, using: &random)] + (seed < 3 ? [1] : [])
        for interval in intervals {
            let output = self.framed(parts, interval: interval, fromFrame: start)
            let reader = try ICYReader(output, interval: interval)
            let offset = parts[0].byteOffset(ofFrame: start)
            #expect(reader.audio == stream.audio.getSlice(at: offset, length: stream.audio.readableBytes - offset))
            // A block that is due at the very end is written with the next part.
            #expect(reader.blocks.count == max(0, (reader.audio.readableBytes - 1) / interval))
        }
    }

    @Test("the first block is full, later ones are empty until the title changes")
    func emptyUntilChanged() throws {
        var stream = TestParts()
        stream.publish(titles: [0: "one"])
        stream.publish()
        stream.publish(titles: [0: "two"])
        stream.publish()
        let reader = try ICYReader(self.framed(stream.parts, interval: 4_000), interval: 4_000)
        #expect(reader.blocks[0].text == "StreamTitle='one';")
        let change = try #require(reader.blocks.firstIndex { $0.text == "StreamTitle='two';" })
        #expect(reader.blocks[change].offset >= stream.offsets[2])
        #expect(reader.blocks[change].offset < stream.offsets[2] + 4_000)
        for (index, block) in reader.blocks.enumerated() where index != 0 && index != change {
            #expect(block.text.isEmpty)
        }
    }

    @Test("a stream without a title says so once, and the first title follows")
    func noTitleYet() throws {
        var stream = TestParts()
        stream.publish()
        stream.publish(titles: [3: "first"])
        let reader = try ICYReader(self.framed(stream.parts, interval: 1_000), interval: 1_000)
        #expect(reader.blocks.filter { !$0.text.isEmpty }.map(\.text) == ["StreamTitle='';", "StreamTitle='first';"])
    }

    @Test("a title that changes inside a part shows in the first block at or behind its frame, not earlier")
    func changesInsideAPart() throws {
        for interval in [384, 383, 100, 777, 1_536] {
            var stream = TestParts()
            stream.publish(titles: [0: "one", 10: "two", 11: "three", 30: "four"])
            let reader = try ICYReader(self.framed(stream.parts, interval: interval), interval: interval)
            for block in reader.blocks {
                let inForce = block.offset / 384 >= 30 ? "four" : block.offset / 384 >= 11 ? "three" : nil
                let title = inForce ?? (block.offset / 384 >= 10 ? "two" : "one")
                #expect(block.text.isEmpty || block.text == "StreamTitle='\(title)';")
            }
            let last = reader.blocks.last { !$0.text.isEmpty }
            let due = (30 * 384 + interval - 1) / interval * interval
            #expect(last?.text == "StreamTitle='four';" && last?.offset == due)
        }
    }

    @Test("a block that is due at the end of a part is written with the next, and carries the next one's title")
    func dueAtTheEnd() throws {
        var stream = TestParts()
        stream.publish(frames: 10, frameBytes: 100, titles: [0: "one"])
        stream.publish(frames: 10, frameBytes: 100, titles: [0: "two"])
        let parts = stream.parts
        var framer = ICYFramer(interval: 1_000)
        var first: [ByteBuffer] = []
        framer.frame(parts[0], fromFrame: 0) { first.append($0) }
        #expect(first == [parts[0].bytes])
        #expect(framer.bytesUntilBlock == 0)
        var second: [ByteBuffer] = []
        framer.frame(parts[1], fromFrame: 0) { second.append($0) }
        #expect(second.count == 2)
        #expect(second.first.map { String(buffer: $0).contains("two") } == true)
        #expect(framer.bytesUntilBlock == 0)
    }

    @Test("a listener that begins at the last frame of a part gets only that")
    func lastFrame() {
        var stream = TestParts()
        stream.publish(frames: 5, frameBytes: 10)
        #expect(self.framed(stream.parts, interval: 100, fromFrame: 4).readableBytes == 10)
    }
}

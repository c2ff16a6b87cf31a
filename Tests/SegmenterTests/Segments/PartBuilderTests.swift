// PartBuilderTests: frames gathered into one run of bytes.

import NIOCore
import Testing

@testable import Segmenter

@Suite struct PartBuilderTests {
    private func close(_ builder: PartBuilder, _ silence: inout [Int: ByteBuffer]) -> Part {
        builder.close(slot: 5, title: nil, changes: [], silence: &silence)
    }

    private func address(_ bytes: ByteBuffer) -> UnsafeRawPointer? {
        bytes.withUnsafeReadableBytes { $0.baseAddress }
    }

    @Test("the bytes are the frames' own, in order, in memory of exactly their size")
    func concatenates() {
        var builder = PartBuilder(index: 2, samplesBefore: 2_048)
        // Slices with bytes before and behind them, as they come out of receive buffers.
        let received = ByteBuffer(bytes: (0..<200).map { UInt8($0) })
        for (start, length) in [(3, 5), (50, 1), (120, 77)] {
            let slice = received.getSlice(at: start, length: length) ?? ByteBuffer()
            builder.append(Frame(bytes: slice, format: TestAudio.format(rate: 48_000)), isSilence: false)
        }
        var silence: [Int: ByteBuffer] = [:]
        let part = self.close(builder, &silence)
        let expected = [UInt8](3..<8) + [50] + [UInt8](120..<197)
        #expect(Array(part.bytes.readableBytesView) == expected)
        #expect(part.frameLengths == [5, 1, 77])
        #expect(part.bytes.capacity == expected.count)
        #expect(part.slot == 5 && part.index == 2 && part.samplesBefore == 2_048 && part.silences.isEmpty)
        #expect(silence.isEmpty)
    }

    @Test("silent frames next to each other are one range")
    func silences() {
        var builder = PartBuilder(index: 0, samplesBefore: 0)
        for isSilence in [true, true, false, false, true, false, true, true] {
            builder.append(TestAudio.aac(1), isSilence: isSilence)
        }
        var silence: [Int: ByteBuffer] = [:]
        #expect(self.close(builder, &silence).silences == [0..<2, 4..<5, 6..<8])
        #expect(silence.isEmpty)
    }

    @Test("parts that are silent throughout and equally long share their bytes, others do not")
    func sharesSilence() {
        var silence: [Int: ByteBuffer] = [:]
        func silentPart(_ count: Int) -> Part {
            var builder = PartBuilder(index: 0, samplesBefore: 0)
            for _ in 0..<count { builder.append(TestAudio.aac(0), isSilence: true) }
            return self.close(builder, &silence)
        }
        let (first, longer, second) = (silentPart(45), silentPart(46), silentPart(45))
        #expect(self.address(first.bytes) == self.address(second.bytes))
        #expect(self.address(first.bytes) != self.address(longer.bytes))
        #expect(longer.bytes.readableBytes == 46 * 15 && second.bytes.readableBytes == 45 * 15)
        #expect(silence.count == 2)
    }

    @Test("a part without frames has no bytes")
    func empty() {
        var silence: [Int: ByteBuffer] = [:]
        let part = self.close(PartBuilder(index: 0, samplesBefore: 0), &silence)
        #expect(part.frameCount == 0 && part.bytes.readableBytes == 0 && silence.isEmpty)
    }
}

// BandwidthTests: bit rates from segments.

import HLS
import NIOCore
import Segmenter
import Testing

@Suite struct BandwidthTests {
    private static let format = AudioFormat(
        codec: .aac,
        profile: 2,
        channels: 2,
        sampleRate: 48_000,
        samplesPerFrame: 46_080
    )

    /// A segment of 5.76 s in six frames that fill it, with its tag of 73 octets, up to `octets`.
    private static func segment(_ slot: Int64, packed octets: Int) -> Segment {
        var lengths = Array(repeating: (octets - 73) / 6, count: 6)
        lengths[5] += (octets - 73) % 6
        let header = SegmentHeader(
            slot: slot,
            start: SlotGrid.standard.edge(ofSlot: slot),
            firstSample: slot * 276_480,
            format: Self.format,
            isDiscontinuous: false,
            discontinuitySequence: 0
        )
        let parts = lengths.enumerated().map { index, length in
            Part(
                slot: slot,
                index: index,
                samplesBefore: Int64(index) * 46_080,
                bytes: ByteBuffer(repeating: 0, count: length),
                frameLengths: [UInt16(length)]
            )
        }
        return Segment(header: header, parts: parts, isComplete: true)
    }

    @Test("the peak is that of the largest segment, the average that of all, both with what the container adds")
    func measures() throws {
        // 36,000 octets in 5.76 s are 50,000 bit/s, 46,080 are 64,000.
        let segments = [
            Self.segment(1, packed: 36_000), Self.segment(2, packed: 46_080), Self.segment(3, packed: 36_000),
        ]
        let measured = try #require(Bandwidth(of: segments, in: .packedAudio, grid: .standard))
        // (36,000 + 46,080 + 36,000) * 8 / 17.28 s = 54,666.67
        #expect(measured == Bandwidth(peak: 64_000, average: 54_667))
    }

    @Test("segments still open do not count, and without any there is no measure")
    func ignoresOpenSegments() {
        let whole = Self.segment(1, packed: 36_000)
        let open = Segment(header: Self.segment(2, packed: 46_080).header, parts: whole.parts)
        let expected = Bandwidth(peak: 50_000, average: 50_000)
        #expect(Bandwidth(of: [whole, open], in: .packedAudio, grid: .standard) == expected)
        #expect(Bandwidth(of: [open], in: .packedAudio, grid: .standard) == nil)
        #expect(Bandwidth(of: [], in: .transportStream, grid: .standard) == nil)
    }

    @Test("a transport stream of 128 kbit/s takes less than an eighth more")
    func overheadOfTransportStreams() throws {
        let segments = TestSegments(audio: try EncodedAudio.mp3At48000.get()).cut(fromSlot: 310_972_500)
        let measured = try #require(Bandwidth(of: segments, in: .transportStream, grid: .standard))
        let octets = segments.reduce(0) { $0 + TransportStream(grid: .standard).segment($1).readableBytes }
        #expect(measured.average == Int64((Double(octets) * 8 / 23.04).rounded(.up)))
        #expect((128_000..<144_000).contains(measured.peak))
    }
}

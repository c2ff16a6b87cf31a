// SegmentCacheTests: segments packaged once.

import HLS
import NIOCore
import Segmenter
import Testing

@testable import Origin

@Suite struct SegmentCacheTests {
    private func segments(_ station: Station) throws -> [Segment] {
        try station.stream.store.newestComplete(100).filter { $0.isComplete }
    }

    private func address(_ buffers: [ByteBuffer]) -> UnsafeRawPointer? {
        buffers.first?.withUnsafeReadableBytes { $0.baseAddress }
    }

    @Test("a transport stream is written once and shared; the bytes are those that the writer makes")
    func shared() throws {
        let (station, _) = try Station.playing(60)
        let cache = SegmentCache(grid: .standard)
        for segment in try self.segments(station).suffix(8) {
            let first = cache.bytes(of: segment, in: .transportStream)
            let second = cache.bytes(of: segment, in: .transportStream)
            #expect(first == [TransportStream(grid: .standard).segment(segment)])
            #expect(self.address(first) == self.address(second))
        }
    }

    @Test("at most eight are kept, the newest: older ones are written each time, to the same bytes")
    func bounded() throws {
        let (station, _) = try Station.playing(70)
        let cache = SegmentCache(grid: .standard)
        let segments = try self.segments(station)
        #expect(segments.count > 12)
        let kept = segments.map { cache.bytes(of: $0, in: .transportStream) }
        for (index, segment) in segments.enumerated().reversed() {
            let again = cache.bytes(of: segment, in: .transportStream)
            #expect(again == kept[index])
            #expect((self.address(again) == self.address(kept[index])) == (index >= segments.count - 8))
        }
    }

    @Test("an old segment that is asked for does not push a newer one out")
    func oldOnes() throws {
        let (station, _) = try Station.playing(70)
        let cache = SegmentCache(grid: .standard)
        let segments = try self.segments(station)
        let kept = segments.suffix(8).map { cache.bytes(of: $0, in: .transportStream) }
        for segment in segments.dropLast(8) { _ = cache.bytes(of: segment, in: .transportStream) }
        let again = segments.suffix(8).map { cache.bytes(of: $0, in: .transportStream) }
        #expect(kept.map(self.address) == again.map(self.address))
    }

    @Test("packed audio is the store's own memory behind a tag")
    func packed() throws {
        let (station, _) = try Station.playing(30)
        let segment = try #require(try self.segments(station).last)
        let bytes = SegmentCache(grid: .standard).bytes(of: segment, in: .packedAudio)
        #expect(bytes.count == segment.parts.count + 1)
        #expect(bytes.dropFirst().map { self.address([$0]) } == segment.parts.map { self.address([$0.bytes]) })
    }
}

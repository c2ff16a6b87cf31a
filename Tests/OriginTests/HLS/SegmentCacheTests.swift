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

    private func address(_ prepared: PreparedSegment) -> UnsafeRawPointer? {
        prepared.body.withUnsafeReadableBytes { $0.baseAddress }
    }

    @Test("a segment is packaged once and shared; the bytes are those that the writer makes")
    func shared() throws {
        let (station, _) = try Station.playing(60)
        let cache = SegmentCache(grid: .standard)
        for segment in try self.segments(station).suffix(4) {
            let first = cache.prepared(segment, in: .transportStream, life: 100)
            let second = cache.prepared(segment, in: .transportStream, life: 99)
            #expect(first.body == TransportStream(grid: .standard).segment(segment))
            #expect(self.address(first) == self.address(second))
            var joined = ByteBuffer()
            for piece in PackedAudio.segment(segment) { joined.writeImmutableBuffer(piece) }
            #expect(cache.prepared(segment, in: .packedAudio, life: 100).body == joined)
        }
    }

    @Test("at most eight are kept, the newest: older ones are made each time, to the same bytes")
    func bounded() throws {
        let (station, _) = try Station.playing(70)
        let cache = SegmentCache(grid: .standard)
        let segments = try self.segments(station)
        #expect(segments.count > 12)
        let kept = segments.map { cache.prepared($0, in: .transportStream, life: 100) }
        for (index, segment) in segments.enumerated().reversed() {
            let again = cache.prepared(segment, in: .transportStream, life: 100)
            #expect(again.body == kept[index].body)
            #expect((self.address(again) == self.address(kept[index])) == (index >= segments.count - 8))
        }
    }

    @Test("an old segment that is asked for does not push a newer one out")
    func oldOnes() throws {
        let (station, _) = try Station.playing(70)
        let cache = SegmentCache(grid: .standard)
        let segments = try self.segments(station)
        let kept = segments.suffix(8).map { cache.prepared($0, in: .packedAudio, life: 100) }
        for segment in segments.dropLast(8) { _ = cache.prepared(segment, in: .packedAudio, life: 100) }
        let again = segments.suffix(8).map { cache.prepared($0, in: .packedAudio, life: 100) }
        #expect(kept.map(self.address) == again.map(self.address))
    }

    @Test("segments from the archive are kept beside the newest, as long as not too many others are asked for")
    func archived() throws {
        let (station, _) = try Station.playing(90)
        let cache = SegmentCache(grid: .standard)
        let segments = try self.segments(station)
        try #require(segments.count > 12)
        let newest = try #require(segments.last)
        let hot = cache.prepared(newest, in: .transportStream, life: 100)
        for segment in segments.prefix(8) {
            #expect(cache.known(segment.slot, in: .transportStream) == nil)
            _ = cache.prepared(archived: segment, in: .transportStream, life: 100)
        }
        for segment in segments.prefix(8) {
            let known = cache.known(segment.slot, in: .transportStream)
            #expect(known?.body == TransportStream(grid: .standard).segment(segment))
            #expect(cache.known(segment.slot, in: .packedAudio) == nil)
            let again = cache.prepared(archived: segment, in: .transportStream, life: 1)
            #expect(self.address(again) == known.flatMap { self.address($0) })
        }
        _ = cache.prepared(archived: segments[8], in: .transportStream, life: 100)
        #expect(cache.known(segments[0].slot, in: .transportStream) == nil)
        #expect(cache.known(segments[1].slot, in: .transportStream) != nil)
        #expect(cache.known(newest.slot, in: .transportStream).flatMap { self.address($0) } == self.address(hot))
        cache.forget()
        for segment in segments { #expect(cache.known(segment.slot, in: .transportStream) == nil) }
    }
}

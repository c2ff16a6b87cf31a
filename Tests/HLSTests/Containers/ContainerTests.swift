// ContainerTests: what containers are called.

import HLS
import NIOCore
import Segmenter
import Testing

@Suite struct ContainerTests {
    @Test("names, extensions and media types are those that clients know")
    func names() {
        #expect(Container(rawValue: "ts") == .transportStream)
        #expect(Container(rawValue: "packed") == .packedAudio)
        #expect(Container(rawValue: "TS") == nil)
        for codec in AudioFormat.Codec.allCases {
            #expect(Container.transportStream.fileExtension(for: codec) == "ts")
            #expect(Container.transportStream.contentType(for: codec) == "video/mp2t")
        }
        #expect(Container.packedAudio.fileExtension(for: .mp3) == "mp3")
        #expect(Container.packedAudio.contentType(for: .mp3) == "audio/mpeg")
        #expect(Container.packedAudio.fileExtension(for: .aac) == "aac")
        #expect(Container.packedAudio.contentType(for: .aac) == "audio/aac")
    }

    @Test("the size of a segment is that of its octets", arguments: EncodedAudio.all)
    func sizes(audio: EncodedAudio) {
        for segment in TestSegments(audio: audio).cut(fromSlot: 310_972_500) {
            let stream = TransportStream(grid: .standard).segment(segment)
            #expect(Container.transportStream.byteCount(of: segment, grid: .standard) == stream.readableBytes)
            let packed = PackedAudio.segment(segment).octets
            #expect(Container.packedAudio.byteCount(of: segment, grid: .standard) == packed.count)
        }
    }
}

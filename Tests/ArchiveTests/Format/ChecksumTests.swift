// ChecksumTests: CRC-32C beside the vectors of RFC 3720 and the polynomial's own arithmetic.

import NIOCore
import Testing

@testable import Archive

@Suite struct ChecksumTests {
    /// RFC 3720 §B.4; the RFC writes the octets of the result in the order of the wire.
    @Test(
        "the examples of RFC 3720 B.4 have the checksums that it gives",
        arguments: [
            (Array(repeating: 0x00, count: 32), 0x8A91_36AA),
            (Array(repeating: 0xFF, count: 32), 0x62A8_AB43),
            (Array(0..<32), 0x46DD_794E),
            (Array((0..<32).reversed()), 0x113F_DB5C),
            (
                [
                    0x01, 0xC0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x14, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0x14, 0,
                    0, 0,
                    0x18, 0x28, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0,
                ], 0xD996_3A56
            ),
        ] as [([UInt8], UInt32)]
    )
    func vectors(bytes: [UInt8], checksum: UInt32) {
        #expect(Checksum.of(ByteBuffer(bytes: bytes)) == checksum)
    }

    @Test("no octets leave a checksum as it was")
    func empty() {
        #expect(Checksum.of(ByteBuffer()) == 0)
        #expect(Checksum.of(ByteBuffer(), continuing: 0x1234_5678) == 0x1234_5678)
    }

    @Test("at every length and alignment it is what bit by bit division gives, in one piece or in two")
    func bitByBit() {
        var random = SeededGenerator(seed: 1)
        let octets = (0..<80).map { _ in UInt8.random(in: 0...255, using: &random) }
        for start in 0..<9 {
            for end in start...octets.count {
                let bytes = ByteBuffer(bytes: octets[start..<end])
                let expected = Self.divided(octets[start..<end])
                #expect(Checksum.of(bytes) == expected)
                let middle = (end - start) / 3
                let first = ByteBuffer(bytes: octets[start..<start + middle])
                let second = ByteBuffer(bytes: octets[start + middle..<end])
                #expect(Checksum.of(second, continuing: Checksum.of(first)) == expected)
            }
        }
    }

    private static func divided(_ octets: ArraySlice<UInt8>) -> UInt32 {
        ~octets.reduce(~UInt32(0)) { crc, octet in
            (0..<8).reduce(crc ^ UInt32(octet)) { crc, _ in crc >> 1 ^ (crc & 1 == 1 ? 0x82F6_3B78 : 0) }
        }
    }
}

// CRC32MPEG2: the checksum of program tables.

import NIOCore

/// The CRC of ISO/IEC 13818-1 Annex A: polynomial 0x04C11DB7, all ones at first, nothing reflected or inverted.
enum CRC32MPEG2 {
    /// Computes the checksum bit by bit: it covers two tables of about 16 octets a part, too few for a look-up table.
    static func checksum(of bytes: ByteBufferView) -> UInt32 {
        var remainder = UInt32.max
        for byte in bytes {
            remainder ^= UInt32(byte) << 24
            for _ in 0..<8 {
                remainder = remainder & 0x8000_0000 == 0 ? remainder << 1 : remainder << 1 ^ 0x04C1_1DB7
            }
        }
        return remainder
    }
}

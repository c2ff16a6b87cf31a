// Checksum: CRC-32C of octets.

internal import CChecksum
internal import NIOCore

/// CRC-32C (Castagnoli), as the log's records carry it.
enum Checksum {
    static func of(_ bytes: ByteBuffer, continuing crc: UInt32 = 0) -> UInt32 {
        bytes.withUnsafeReadableBytes { crc32c(crc, $0.baseAddress, $0.count) }
    }
}

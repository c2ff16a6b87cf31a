// MPEGAudioCRC: the checksum that guards a frame's header and side information.

package import NIOCore

/// The CRC-16 of MPEG audio: polynomial 0x8005, initial value 0xFFFF (ISO/IEC 11172-3 §2.4.3.1).
package enum MPEGAudioCRC {
    /// The checksum of a layer III frame: of the last two header bytes and the side information.
    ///
    /// `frame` is whole and begins with `header`; the checksum that it holds is not read.
    package static func ofLayer3(_ frame: ByteBuffer, header: MPEGAudioHeader) -> UInt16 {
        let bytes = frame.readableBytesView
        let start = bytes.startIndex
        let begin = start + header.sideInformationOffset
        let crc = self.add(bytes[start + 2..<start + MPEGAudioHeader.length], to: 0xFFFF)
        return self.add(bytes[begin..<begin + header.sideInformationLength], to: crc)
    }

    private static func add(_ bytes: ByteBufferView, to crc: UInt16) -> UInt16 {
        bytes.reduce(crc) { crc, byte in
            (0..<8).reduce(crc ^ UInt16(byte) << 8) { crc, _ in
                crc & 0x8000 == 0 ? crc << 1 : crc << 1 ^ 0x8005
            }
        }
    }
}

// SilentFrame: the frame that stands where a source sent none.

import NIOCore

/// The frame of silence that a decoder in the middle of a run plays without noticing anything but silence.
///
/// It is a function of the template's header alone, so that origins and restarts make the same bytes (time-and-hls rules 1, 17).
package enum SilentFrame {
    /// A silent frame of a frame's format, its MPEG audio bit rate included; `nil` when the bytes are not what `format` says.
    ///
    /// AAC of object types 1 to 4 and all channel configurations is covered. HE-AAC in ADTS calls itself AAC-LC at the core
    /// coder's rate, and gets the silence of that.
    package static func matching(_ template: Frame) -> Frame? {
        let bytes: ByteBuffer
        switch template.format.codec {
        case .mp3:
            guard let header = MPEGAudioHeader(template.bytes) else { return nil }
            bytes = self.mpegAudio(header)
        case .aac:
            guard let header = ADTSHeader(template.bytes) else { return nil }
            bytes = self.adts(header)
        }
        return Frame(bytes: bytes, format: template.format)
    }

    // MARK: MPEG audio

    /// The header without padding and CRC, then zeros: no bits allocated, and in layer III nothing from the reservoir.
    private static func mpegAudio(_ template: MPEGAudioHeader) -> ByteBuffer {
        let isUnprotected: UInt32 = 0x1_0000
        let padding: UInt32 = 0x200
        let modeExtension: UInt32 = 0x30
        let word = (template.word | isUnprotected) & ~(padding | modeExtension)
        let length = template.frameLength - (template.isPadded ? template.layer == .layer1 ? 4 : 1 : 0)
        var bytes = ByteBuffer()
        bytes.reserveCapacity(length)
        bytes.writeInteger(word)
        bytes.writeRepeatingByte(0, count: length - MPEGAudioHeader.length)
        return bytes
    }

    // MARK: ADTS

    private static func adts(_ template: ADTSHeader) -> ByteBuffer {
        // Configuration 0 counts as stereo throughout (`ADTSHeader.channels`), and silence says so outright.
        let configuration = template.channelConfiguration == 0 ? 2 : template.channelConfiguration
        let block = self.rawDataBlocks[Int(configuration)]
        let blocks = template.rawDataBlocks
        let length = ADTSHeader.fixedLength + block.count * blocks
        var bytes = ByteBuffer()
        bytes.reserveCapacity(length)
        let word = self.adtsWord(template, configuration: configuration, length: length)
        bytes.writeInteger(UInt32(truncatingIfNeeded: word >> 24))
        bytes.writeInteger(UInt16(truncatingIfNeeded: word >> 8))
        bytes.writeInteger(UInt8(truncatingIfNeeded: word))
        for _ in 0..<blocks { bytes.writeBytes(block) }
        return bytes
    }

    /// Sync word, ID, profile, rate index and number of blocks of the template; no CRC, buffer fullness "variable rate".
    private static func adtsWord(_ template: ADTSHeader, configuration: UInt8, length: Int) -> UInt64 {
        let isUnprotected: UInt64 = 1 << 40
        let variableRate: UInt64 = 0x7FF << 2
        let kept: UInt64 = 0xFFF_8 << 40 | 0b11 << 38 | 0b1111 << 34 | 0b11
        return template.word & kept | isUnprotected | UInt64(configuration) << 30 | UInt64(length) << 13 | variableRate
    }

    /// A silent raw data block for each channel configuration (ISO/IEC 14496-3, 4.4.2.1 and table 1.19).
    ///
    /// Mono and stereo are the blocks that encoders send. The others are the same elements in the order that the
    /// configuration asks for, each with no scale factor band (max_sfb 0), then END and padding to a byte.
    private static let rawDataBlocks: [[UInt8]] = [
        [],
        [0x00, 0xC8, 0x00, 0x80, 0x23, 0x80],
        [0x21, 0x00, 0x49, 0x90, 0x02, 0x19, 0x00, 0x23, 0x80],
        [0x00, 0xC8, 0x00, 0x01, 0x08, 0x00, 0x19, 0x03, 0x20, 0xE0],
        [0x00, 0xC8, 0x00, 0x01, 0x08, 0x00, 0x19, 0x03, 0x20, 0x02, 0xC8, 0x00, 0x07],
        [0x00, 0xC8, 0x00, 0x01, 0x08, 0x00, 0x19, 0x03, 0x20, 0x23, 0x00, 0x03, 0x20, 0x64, 0x1C],
        [
            0x00, 0xC8, 0x00, 0x01, 0x08, 0x00, 0x19, 0x03, 0x20, 0x23, 0x00, 0x03, 0x20, 0x64, 0x0C, 0x19, 0x00, 0x00,
            0xE0,
        ],
        [
            0x00, 0xC8, 0x00, 0x01, 0x08, 0x00, 0x19, 0x03, 0x20, 0x23, 0x00, 0x03, 0x20, 0x64, 0x04, 0xA0, 0x00, 0x64,
            0x0C, 0x81, 0x83, 0x20, 0x00, 0x1C,
        ],
    ]
}

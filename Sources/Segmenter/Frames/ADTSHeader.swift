// ADTSHeader: the seven or nine bytes that begin every ADTS frame.

package import NIOCore

/// The header of an AAC frame in ADTS (ISO/IEC 14496-3, 1.A.2.2).
package struct ADTSHeader: Hashable, Sendable {
    /// The bytes that say everything; a CRC and the positions of raw data blocks may follow.
    package static let fixedLength = 7

    /// The seven bytes, the first in the highest of 56 bits.
    package let word: UInt64
    /// The length of the whole frame in bytes, header included.
    package let frameLength: Int
    /// Samples per second of the core coder: half of what is heard when the stream is HE-AAC.
    package let sampleRate: Int

    private static let sampleRates = [
        96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350,
    ]

    /// Reads seven bytes, the first in the highest of 56 bits; `nil` unless they are a header.
    ///
    /// Refused are a layer other than 0, a reserved sampling frequency index, and a length without room for any audio.
    package init?(word: UInt64) {
        let rateIndex = Int(word >> 34 & 0b1111)
        guard word >> 44 == 0xFFF, word >> 41 & 0b11 == 0, rateIndex < Self.sampleRates.count else { return nil }
        self.word = word
        self.frameLength = Int(word >> 13 & 0x1FFF)
        self.sampleRate = Self.sampleRates[rateIndex]
        guard self.frameLength > self.headerLength else { return nil }
    }

    /// Reads the header at the reader index of a frame; `nil` when there is none.
    package init?(_ frame: ByteBuffer) {
        guard let high = frame.getInteger(at: frame.readerIndex, as: UInt32.self),
            let low = frame.getInteger(at: frame.readerIndex + 3, as: UInt32.self)
        else { return nil }
        self.init(word: UInt64(high) << 24 | UInt64(low & 0xFF_FFFF))
    }

    /// Whether the ID bit says MPEG-2 AAC; MPEG-4 otherwise.
    package var isMPEG2: Bool { self.word >> 43 & 1 == 1 }

    /// Whether a CRC follows the header.
    package var isProtected: Bool { self.word >> 40 & 1 == 0 }

    /// 1 is AAC Main, 2 AAC-LC, 3 AAC SSR, 4 AAC LTP: the profile plus one.
    package var audioObjectType: UInt8 { UInt8(self.word >> 38 & 0b11) + 1 }

    package var samplingFrequencyIndex: UInt8 { UInt8(self.word >> 34 & 0b1111) }

    /// 0 when the layout is in a program config element inside the raw data block.
    package var channelConfiguration: UInt8 { UInt8(self.word >> 30 & 0b111) }

    /// The channels of the configuration, and 2 for configuration 0.
    ///
    /// Encoders on the air that leave the layout to a program config element send stereo or dual mono; what a decoder
    /// makes of it is in the raw data block, which this header cannot see.
    package var channels: Int {
        switch self.channelConfiguration {
        case 0: return 2
        case 7: return 8
        default: return Int(self.channelConfiguration)
        }
    }

    /// 1 to 4.
    package var rawDataBlocks: Int { Int(self.word & 0b11) + 1 }

    /// Samples per channel in the frame.
    package var samplesPerFrame: Int { 1_024 * self.rawDataBlocks }

    /// The bytes before the first raw data block: 7, or 9 with a CRC, and two more for each further block's position.
    package var headerLength: Int { Self.fixedLength + (self.isProtected ? 2 * self.rawDataBlocks : 0) }

    package var format: AudioFormat {
        AudioFormat(
            codec: .aac,
            profile: self.audioObjectType,
            channels: UInt8(self.channels),
            sampleRate: Int32(self.sampleRate),
            samplesPerFrame: Int32(self.samplesPerFrame)
        )
    }
}

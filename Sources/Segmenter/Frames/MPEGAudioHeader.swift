// MPEGAudioHeader: the four bytes that begin every MPEG audio frame.

package import NIOCore

/// The header of an MPEG-1, MPEG-2 or MPEG-2.5 audio frame of layer I, II or III (ISO/IEC 11172-3 §2.4.1.3).
package struct MPEGAudioHeader: Hashable, Sendable {
    /// The header's version bits.
    package enum Version: UInt8, Hashable, Sendable, CaseIterable {
        /// The unofficial extension to 8, 11.025 and 12 kHz.
        case mpeg25 = 0
        case mpeg2 = 2
        case mpeg1 = 3
    }

    /// The header's layer bits.
    package enum Layer: UInt8, Hashable, Sendable, CaseIterable {
        case layer3 = 1
        case layer2 = 2
        case layer1 = 3
    }

    /// The header's mode bits.
    package enum Mode: UInt8, Hashable, Sendable, CaseIterable {
        case stereo = 0
        case jointStereo = 1
        case dualChannel = 2
        case mono = 3
    }

    /// What four bytes are.
    package enum Reading: Hashable, Sendable {
        case header(MPEGAudioHeader)
        /// A header without a bit rate: the length of its frame is nowhere written, so it cannot be cut.
        case freeFormat
        /// No sync word, or a reserved value.
        case invalid
    }

    package static let length = 4

    /// The four bytes, the first in the highest bits.
    package let word: UInt32
    package let version: Version
    package let layer: Layer
    package let mode: Mode
    /// Bits per second.
    package let bitRate: Int
    /// Samples per second.
    package let sampleRate: Int

    /// Reads four bytes, of which the first is in the highest bits.
    package static func read(_ word: UInt32) -> Reading {
        guard word >> 21 == 0x7FF,
            let version = Version(rawValue: UInt8(truncatingIfNeeded: word >> 19) & 0b11),
            let layer = Layer(rawValue: UInt8(truncatingIfNeeded: word >> 17) & 0b11),
            let mode = Mode(rawValue: UInt8(truncatingIfNeeded: word >> 6) & 0b11)
        else { return .invalid }
        let rateIndex = Int(word >> 10 & 0b11)
        let bitRateIndex = Int(word >> 12 & 0b1111)
        // Emphasis 2 is reserved, like rate index 3 and bit rate index 15.
        guard rateIndex < 3, bitRateIndex < 15, word & 0b11 != 2 else { return .invalid }
        guard bitRateIndex > 0 else { return .freeFormat }
        return .header(
            MPEGAudioHeader(
                word: word,
                version: version,
                layer: layer,
                mode: mode,
                bitRate: Self.bitRate(version, layer, index: bitRateIndex),
                sampleRate: Self.sampleRate(version, index: rateIndex)
            )
        )
    }

    private init(word: UInt32, version: Version, layer: Layer, mode: Mode, bitRate: Int, sampleRate: Int) {
        self.word = word
        self.version = version
        self.layer = layer
        self.mode = mode
        self.bitRate = bitRate
        self.sampleRate = sampleRate
    }

    /// Reads the header at the reader index of a frame; `nil` when there is none or it is of free format.
    package init?(_ frame: ByteBuffer) {
        guard let word = frame.getInteger(at: frame.readerIndex, as: UInt32.self),
            case .header(let header) = Self.read(word)
        else { return nil }
        self = header
    }

    /// Whether two bytes of CRC-16 follow the header.
    package var isProtected: Bool { self.word & 0x1_0000 == 0 }

    package var isPadded: Bool { self.word & 0x200 != 0 }

    package var channels: Int { self.mode == .mono ? 1 : 2 }

    /// The length of the whole frame in bytes, header and padding included.
    package var frameLength: Int {
        let padding = self.isPadded ? 1 : 0
        switch (self.layer, self.version) {
        case (.layer1, _): return (12 * self.bitRate / self.sampleRate + padding) * 4
        case (.layer2, _), (.layer3, .mpeg1): return 144 * self.bitRate / self.sampleRate + padding
        case (.layer3, _): return 72 * self.bitRate / self.sampleRate + padding
        }
    }

    /// Samples per channel in the frame.
    package var samplesPerFrame: Int {
        switch (self.layer, self.version) {
        case (.layer1, _): return 384
        case (.layer2, _), (.layer3, .mpeg1): return 1152
        case (.layer3, _): return 576
        }
    }

    /// The length of layer III's side information in bytes; 0 in the other layers, which have none.
    package var sideInformationLength: Int {
        guard self.layer == .layer3 else { return 0 }
        switch (self.version, self.mode) {
        case (.mpeg1, .mono): return 17
        case (.mpeg1, _): return 32
        case (_, .mono): return 9
        default: return 17
        }
    }

    /// Where the side information begins: after the header and the CRC.
    package var sideInformationOffset: Int { Self.length + (self.isProtected ? 2 : 0) }

    package var format: AudioFormat {
        AudioFormat(
            codec: .mp3,
            profile: self.version.rawValue << 2 | self.layer.rawValue,
            channels: UInt8(self.channels),
            sampleRate: Int32(self.sampleRate),
            samplesPerFrame: Int32(self.samplesPerFrame)
        )
    }
}

extension MPEGAudioHeader {
    /// In kbit/s, by bit rate index.
    private static let bitRates1Layer1 = [0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448]
    private static let bitRates1Layer2 = [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384]
    private static let bitRates1Layer3 = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320]
    private static let bitRates2Layer1 = [0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256]
    private static let bitRates2Layers2And3 = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160]
    private static let sampleRates = [44_100, 48_000, 32_000]

    private static func bitRate(_ version: Version, _ layer: Layer, index: Int) -> Int {
        switch (version, layer) {
        case (.mpeg1, .layer1): return self.bitRates1Layer1[index] * 1_000
        case (.mpeg1, .layer2): return self.bitRates1Layer2[index] * 1_000
        case (.mpeg1, .layer3): return self.bitRates1Layer3[index] * 1_000
        case (_, .layer1): return self.bitRates2Layer1[index] * 1_000
        default: return self.bitRates2Layers2And3[index] * 1_000
        }
    }

    private static func sampleRate(_ version: Version, index: Int) -> Int {
        switch version {
        case .mpeg1: return self.sampleRates[index]
        case .mpeg2: return self.sampleRates[index] / 2
        case .mpeg25: return self.sampleRates[index] / 4
        }
    }
}

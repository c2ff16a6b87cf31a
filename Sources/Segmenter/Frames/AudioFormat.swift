// AudioFormat: what must stay the same for frames to form one run.

/// What must stay the same from frame to frame for a decoder to run on: codec, rate, channels and frame length.
///
/// Bit rate is not part of it (VBR changes it from frame to frame), nor is MP3's stereo mode.
package struct AudioFormat: Hashable, Sendable {
    package enum Codec: UInt8, Hashable, Sendable, CaseIterable {
        /// MPEG-1, MPEG-2 and MPEG-2.5 audio, layers I to III (ISO/IEC 11172-3, 13818-3).
        case mp3
        /// AAC in ADTS (ISO/IEC 14496-3, 1.A.2).
        case aac
    }

    package let codec: Codec
    /// The kind of coding within the codec.
    ///
    /// MPEG audio: the header's version bits and layer bits, `version << 2 | layer`. AAC: the audio object type (2 is AAC-LC).
    package let profile: UInt8
    package let channels: UInt8
    /// Samples per second.
    package let sampleRate: Int32
    /// Samples per channel in one frame: 384, 576, 1152, or 1024 times the raw data blocks of an ADTS frame.
    package let samplesPerFrame: Int32

    package init(codec: Codec, profile: UInt8, channels: UInt8, sampleRate: Int32, samplesPerFrame: Int32) {
        self.codec = codec
        self.profile = profile
        self.channels = channels
        self.sampleRate = sampleRate
        self.samplesPerFrame = samplesPerFrame
    }
}

// FrameHeader: the header of a frame of either codec.

/// The header of a frame of either codec that this server cuts itself.
package enum FrameHeader: Hashable, Sendable {
    case mpegAudio(MPEGAudioHeader)
    case adts(ADTSHeader)

    /// The length of the whole frame in bytes, header included.
    package var frameLength: Int {
        switch self {
        case .mpegAudio(let header): return header.frameLength
        case .adts(let header): return header.frameLength
        }
    }

    package var format: AudioFormat {
        switch self {
        case .mpegAudio(let header): return header.format
        case .adts(let header): return header.format
        }
    }

    /// Whether a decoder that has just read `other` can run on with this frame.
    ///
    /// Bit rate, padding, CRC and the kind of stereo may change from frame to frame.
    package func continues(_ other: FrameHeader) -> Bool {
        switch (self, other) {
        case (.mpegAudio(let mine), .mpegAudio(let theirs)):
            return mine.format == theirs.format
        case (.adts(let mine), .adts(let theirs)):
            return mine.format == theirs.format && mine.isMPEG2 == theirs.isMPEG2
                && mine.channelConfiguration == theirs.channelConfiguration
        default:
            return false
        }
    }
}

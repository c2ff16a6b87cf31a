// ReservoirMend: silences the first MP3 frames of a run that need bytes from before it.

import NIOCore

/// Silences the frames at the start of an MP3 run whose audio begins in frames that are not part of the run.
///
/// A layer III frame may keep its audio in the bytes that earlier frames left free, `main_data_begin` bytes back. Where
/// other audio comes before the run, decoders find that audio's bytes there and play noise (time-and-hls rule 16). Such a
/// frame gets side information of zeros: silence. Its other bytes stay, as later frames may need them. For their sake its
/// `main_data_begin` is not zero but reaches back to the run's first byte: FFmpeg and mpg123 forget what lies before it.
package struct ReservoirMend: Sendable {
    /// Whether the run reaches back to nothing but itself, so that `mend` returns every frame as it is.
    package private(set) var isDone = false

    /// Bytes of main data in the run so far.
    private var available = 0

    /// Makes the mend of a run that is about to begin.
    package init() {}

    /// Returns the run's next frame as it is to be published.
    package mutating func mend(_ frame: Frame) -> Frame {
        guard !self.isDone else { return frame }
        guard let header = MPEGAudioHeader(frame.bytes), header.layer == .layer3,
            frame.bytes.readableBytes >= header.sideInformationOffset + header.sideInformationLength,
            let begin = frame.bytes.getInteger(
                at: frame.bytes.readerIndex + header.sideInformationOffset,
                as: UInt16.self
            )
        else {
            self.isDone = true
            return frame
        }
        // main_data_begin: the first nine bits of the side information, in MPEG-2 and 2.5 the first eight.
        let unusedBits = header.version == .mpeg1 ? 7 : 8
        let available = min(self.available, Int(UInt16.max >> unusedBits))
        let reach = Int(begin >> unusedBits)
        self.available += frame.bytes.readableBytes - header.sideInformationOffset - header.sideInformationLength
        self.isDone = self.available >= Int(UInt16.max >> unusedBits)
        guard reach > available else { return frame }
        return self.silenced(frame, header: header, sideInformation: UInt16(available) << unusedBits)
    }

    /// The frame with the first two bytes of side information given, and zeros for the rest.
    private func silenced(_ frame: Frame, header: MPEGAudioHeader, sideInformation: UInt16) -> Frame {
        var bytes = ByteBuffer(bytes: frame.bytes.readableBytesView)
        bytes.setRepeatingByte(0, count: header.sideInformationLength, at: header.sideInformationOffset)
        bytes.setInteger(sideInformation, at: header.sideInformationOffset)
        if header.isProtected {
            bytes.setInteger(MPEGAudioCRC.ofLayer3(bytes, header: header), at: MPEGAudioHeader.length)
        }
        return Frame(bytes: bytes, format: frame.format)
    }
}

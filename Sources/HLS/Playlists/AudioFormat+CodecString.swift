// AudioFormat+CodecString: what CODECS says of a format.

package import Segmenter

extension AudioFormat {
    /// The format as CODECS names it (RFC 6381 §3.3): the MPEG-4 audio object type behind `mp4a.40.`.
    ///
    /// MPEG audio has object types in MPEG-4 too, one a layer (ISO/IEC 14496-3 table 1.17): players know MP3 as
    /// `mp4a.40.34`, whatever the MPEG version.
    package var codecString: String {
        switch self.codec {
        case .aac: "mp4a.40.\(self.profile)"
        case .mp3:
            // Layer bits 3 are layer I, 2 are II, 1 are III.
            switch self.profile & 0b11 {
            case 3: "mp4a.40.32"
            case 2: "mp4a.40.33"
            default: "mp4a.40.34"
            }
        }
    }
}

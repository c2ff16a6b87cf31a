// InfoFrame: the table of contents that opens an MP3 file, dressed as a frame.

/// The Xing, Info or VBRI frame that opens an MP3 file: a table of contents in the shape of a silent frame.
///
/// It holds no audio. In a stream it would play as 26 ms of silence, and players would believe its length and seek table.
enum InfoFrame {
    private static let xing: UInt32 = 0x5869_6E67
    private static let info: UInt32 = 0x496E_666F
    private static let vbri: UInt32 = 0x5642_5249
    /// VBRI stands 32 bytes after the header, whatever the length of the side information.
    private static let vbriOffset = 36

    /// Whether `frame`, which begins with `header` and is whole, is such a table.
    ///
    /// The side information before the mark must be zero as well: audio in which the mark turns up by chance is played.
    static func isPresent(in frame: UnsafeRawBufferPointer, header: MPEGAudioHeader) -> Bool {
        guard header.layer == .layer3 else { return false }
        let begin = header.sideInformationOffset
        // LAME leaves no room for the CRC when it places the mark.
        let unprotected = MPEGAudioHeader.length + header.sideInformationLength
        return self.hasMark(self.xing, self.info, in: frame, at: begin + header.sideInformationLength, zerosFrom: begin)
            || header.isProtected && self.hasMark(self.xing, self.info, in: frame, at: unprotected, zerosFrom: begin)
            || self.hasMark(self.vbri, self.vbri, in: frame, at: self.vbriOffset, zerosFrom: begin)
    }

    private static func hasMark(
        _ first: UInt32,
        _ second: UInt32,
        in frame: UnsafeRawBufferPointer,
        at offset: Int,
        zerosFrom begin: Int
    ) -> Bool {
        guard offset + 4 <= frame.count else { return false }
        let mark = UInt32(bigEndian: frame.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
        guard mark == first || mark == second else { return false }
        return frame[begin..<offset].allSatisfy { $0 == 0 }
    }
}

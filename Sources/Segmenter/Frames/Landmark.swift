// Landmark: what may stand at a frame boundary.

/// What stands at one position of a source's bytes, as far as its first bytes tell.
enum Landmark: Hashable, Sendable {
    case header(FrameHeader)
    /// An MPEG audio header without a bit rate: its four bytes.
    case freeFormat(UInt32)
    /// An ID3v2 tag: its length in bytes, header and footer included.
    case tag(length: Int)
    /// Too few bytes to tell, and none that rules a landmark out.
    case incomplete
    case none

    /// The first bytes of all that can be a landmark, for a quick scan.
    static func canBegin(with byte: UInt8) -> Bool {
        byte == 0xFF || byte == UInt8(ascii: "I")
    }

    static func read(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Landmark {
        guard offset < bytes.count else { return .incomplete }
        switch bytes[offset] {
        case 0xFF: return self.readHeader(bytes, at: offset)
        case UInt8(ascii: "I"): return self.readTag(bytes, at: offset)
        default: return .none
        }
    }

    private static func readHeader(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Landmark {
        guard offset + 1 < bytes.count else { return .incomplete }
        let second = bytes[offset + 1]
        guard second >= 0xE0 else { return .none }
        // Layer 0 does not exist in MPEG audio and is the mark of ADTS.
        guard second & 0b110 == 0 else {
            guard offset + MPEGAudioHeader.length <= bytes.count else { return .incomplete }
            let word = UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
            switch MPEGAudioHeader.read(word) {
            case .header(let header): return .header(.mpegAudio(header))
            case .freeFormat: return .freeFormat(word)
            case .invalid: return .none
            }
        }
        guard second >= 0xF0 else { return .none }
        guard offset + ADTSHeader.fixedLength <= bytes.count else { return .incomplete }
        var word: UInt64 = 0
        for index in offset..<offset + ADTSHeader.fixedLength { word = word << 8 | UInt64(bytes[index]) }
        guard let header = ADTSHeader(word: word) else { return .none }
        return .header(.adts(header))
    }

    /// Reads an ID3v2 header: "ID3", version, revision, flags and a size of four times seven bits (ID3v2.4.0 §3.1).
    ///
    /// Every byte is checked, so that bytes of audio that happen to read "ID3" do not make seconds of it disappear.
    private static func readTag(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Landmark {
        let length = min(10, bytes.count - offset)
        let tag = UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + length])
        for (index, byte) in tag.enumerated() {
            let fits =
                switch index {
                case 0: byte == UInt8(ascii: "I")
                case 1: byte == UInt8(ascii: "D")
                case 2: byte == UInt8(ascii: "3")
                case 3: (2...4).contains(byte)
                case 4: byte == 0
                case 5: byte & 0x0F == 0
                default: byte & 0x80 == 0
                }
            guard fits else { return .none }
        }
        guard length == 10 else { return .incomplete }
        let size = tag[6...].reduce(0) { $0 << 7 | Int($1) }
        let hasFooter = tag[3] == 4 && tag[5] & 0x10 != 0
        return .tag(length: 10 + size + (hasFooter ? 10 : 0))
    }
}

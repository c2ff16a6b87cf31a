// RecordHead: the first octets of a record.

internal import NIOCore

/// The first octets of a record: enough to find its end and to check what follows.
struct RecordHead: Hashable {
    static let length = 20
    /// `PART` in the file.
    static let magic: UInt32 = 0x5452_4150
    /// No part is longer: 12 s of the widest FLAC are 14 MB.
    private static let longestAudio: UInt32 = 64 * 1_024 * 1_024
    private static let longestDescription: UInt32 = 16 * 1_024 * 1_024

    let descriptionLength: Int
    let audioLength: Int
    let audioChecksum: UInt32
    let checksum: UInt32
    /// CRC-32C of the octets before `checksum`.
    private let partialChecksum: UInt32

    /// Octets of the whole record.
    var recordLength: Int { Self.length + self.descriptionLength + self.audioLength }

    /// Reads a head and moves behind it; `nil` when what is there cannot be one.
    init?(_ bytes: inout ByteBuffer) {
        var reader = bytes
        guard let first = reader.getSlice(at: reader.readerIndex, length: Self.length - 4),
            reader.readInteger(endianness: .little, as: UInt32.self) == Self.magic,
            let description = reader.readInteger(endianness: .little, as: UInt32.self),
            description <= Self.longestDescription,
            let audio = reader.readInteger(endianness: .little, as: UInt32.self), audio <= Self.longestAudio,
            let audioChecksum = reader.readInteger(endianness: .little, as: UInt32.self),
            let checksum = reader.readInteger(endianness: .little, as: UInt32.self)
        else { return nil }
        self.descriptionLength = Int(description)
        self.audioLength = Int(audio)
        self.audioChecksum = audioChecksum
        self.checksum = checksum
        self.partialChecksum = Checksum.of(first)
        bytes = reader
    }

    /// Whether a description is the one that was written with this head.
    func matches(_ description: ByteBuffer) -> Bool {
        Checksum.of(description, continuing: self.partialChecksum) == self.checksum
    }
}

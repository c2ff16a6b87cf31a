// ProgramTables: PAT and PMT, which say what a transport stream holds.

import NIOCore
import Segmenter

/// The tables of a transport stream with one program of one audio stream (ISO/IEC 13818-1 §2.4.4).
struct ProgramTables {
    static let packetCount = 2
    static let audioPID: UInt16 = 0x100
    private static let associationPID: UInt16 = 0
    private static let mapPID: UInt16 = 0x1000
    private static let programNumber: UInt16 = 1

    let format: AudioFormat
    let continuityCounter: Int

    /// Writes a packet with the program association table, then one with the program map.
    func write(to output: inout ByteBuffer) {
        self.writePacket(pid: Self.associationPID, section: self.association, to: &output)
        self.writePacket(pid: Self.mapPID, section: self.map, to: &output)
    }

    /// The stream_type of the audio (ISO/IEC 13818-1 table 2-34).
    private var streamType: UInt8 {
        switch self.format.codec {
        case .aac: 0x0F
        // Version bits 3 are MPEG-1; MPEG-2 and its unofficial half rates share a type.
        case .mp3: self.format.profile >> 2 == 3 ? 0x03 : 0x04
        }
    }

    private var association: ByteBuffer {
        var body = ByteBuffer()
        body.writeMultipleIntegers(Self.programNumber, 0xE000 | Self.mapPID)
        return Self.section(table: 0x00, identifier: 1, body: body)
    }

    private var map: ByteBuffer {
        var body = ByteBuffer()
        // PCR_PID, no program descriptors; then the one stream, without descriptors.
        body.writeMultipleIntegers(0xE000 | Self.audioPID, UInt16(0xF000))
        body.writeMultipleIntegers(self.streamType, 0xE000 | Self.audioPID, UInt16(0xF000))
        return Self.section(table: 0x02, identifier: Self.programNumber, body: body)
    }

    /// A section of version 0 that applies now and has no sequel.
    private static func section(table: UInt8, identifier: UInt16, body: ByteBuffer) -> ByteBuffer {
        var section = ByteBuffer()
        // The length counts what follows it: five octets, the body and the checksum.
        let length = UInt16(5 + body.readableBytes + 4)
        section.writeMultipleIntegers(table, 0xB000 | length, identifier, UInt8(0xC1), UInt8(0), UInt8(0))
        section.writeImmutableBuffer(body)
        section.writeInteger(CRC32MPEG2.checksum(of: section.readableBytesView))
        return section
    }

    /// Writes one packet: pointer_field, the section, and 0xFF up to the end as §2.4.4 has it for tables.
    private func writePacket(pid: UInt16, section: ByteBuffer, to output: inout ByteBuffer) {
        var payload = ByteBuffer()
        payload.writeInteger(UInt8(0))
        payload.writeImmutableBuffer(section)
        payload.writeRepeatingByte(0xFF, count: TransportPacket.bodySize - payload.readableBytes)
        TransportPacket(
            pid: pid,
            isPayloadStart: true,
            continuityCounter: self.continuityCounter,
            clock: nil
        ).write(payload: payload, to: &output)
    }
}

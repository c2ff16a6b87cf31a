// TransportPacket: 188 octets of a transport stream.

import NIOCore

/// One packet of an MPEG-2 transport stream (ISO/IEC 13818-1 §2.4.3.2).
struct TransportPacket {
    static let size = 188
    /// What remains of a packet after its header, for adaptation field and payload.
    static let bodySize = 184
    /// The size of an adaptation field that holds a clock reference and no stuffing.
    static let clockFieldSize = 8

    let pid: UInt16
    let isPayloadStart: Bool
    /// Only its low four bits are written.
    let continuityCounter: Int
    /// The clock reference that the packet carries, which also marks it as a place where decoding can begin.
    let clock: PresentationTime?

    /// Writes the packet, filling it up to its size with stuffing in the adaptation field (§2.4.3.5).
    func write(payload: ByteBuffer, to output: inout ByteBuffer) {
        let fieldSize = Self.bodySize - payload.readableBytes
        precondition(fieldSize >= (self.clock == nil ? 0 : Self.clockFieldSize), "the payload fits its packet")
        let control: UInt8 = fieldSize == 0 ? 0x10 : 0x30
        output.writeMultipleIntegers(
            UInt8(0x47),
            (self.isPayloadStart ? 0x4000 : 0) | self.pid,
            control | UInt8(truncatingIfNeeded: self.continuityCounter & 0xF)
        )
        self.writeAdaptationField(size: fieldSize, to: &output)
        output.writeImmutableBuffer(payload)
    }

    private func writeAdaptationField(size: Int, to output: inout ByteBuffer) {
        guard size > 0 else { return }
        output.writeInteger(UInt8(size - 1))
        guard size > 1 else { return }
        guard let clock = self.clock else {
            output.writeInteger(UInt8(0))
            output.writeRepeatingByte(0xFF, count: size - 2)
            return
        }
        // random_access_indicator and PCR_flag; then 33 bits of base, 6 reserved ones, 9 bits of extension.
        output.writeInteger(UInt8(0x50))
        let reference = UInt64(clock.ticks) << 15 | 0x7E00
        output.writeMultipleIntegers(UInt32(reference >> 16), UInt16(truncatingIfNeeded: reference))
        output.writeRepeatingByte(0xFF, count: size - Self.clockFieldSize)
    }
}

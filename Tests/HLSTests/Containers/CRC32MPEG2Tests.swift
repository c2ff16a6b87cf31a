// CRC32MPEG2Tests: the checksum against its published check value.

import NIOCore
import Testing

@testable import HLS

@Suite struct CRC32MPEG2Tests {
    @Test("the checksum of the digits 1 to 9 is the one in the catalogue of CRCs")
    func hasCheckValue() {
        #expect(CRC32MPEG2.checksum(of: ByteBuffer(string: "123456789").readableBytesView) == 0x0376_E6E7)
    }

    @Test("a table followed by its checksum leaves nothing")
    func leavesNothing() {
        var table = ByteBuffer(bytes: [0x00, 0xB0, 0x0D, 0x00, 0x01, 0xC1, 0x00, 0x00, 0x00, 0x01, 0xF0, 0x00])
        #expect(CRC32MPEG2.checksum(of: table.readableBytesView) == 0x2AB1_04B2)
        table.writeInteger(UInt32(0x2AB1_04B2))
        #expect(CRC32MPEG2.checksum(of: table.readableBytesView) == 0)
    }
}

// PESPacket: a run of whole frames with one time stamp.

import NIOCore
import Segmenter

/// A packetized elementary stream packet (ISO/IEC 13818-1 §2.4.3.6): whole frames of one part, at most about 2.9 kB.
///
/// Apple's Authoring Specification 7.2 asks for that size: a packet for each frame would make 64 kbit/s into 140.
struct PESPacket {
    private static let headerSize = 14
    /// The most audio that goes with a header and a clock reference into 16 transport packets.
    private static let capacity = 16 * TransportPacket.bodySize - TransportPacket.clockFieldSize - Self.headerSize

    /// The place in its part of the packet's first frame.
    let firstFrame: Int
    private(set) var audioByteCount: Int

    /// Divides the frames of a part: from the first on, as many to a packet as fit, and at least one.
    static func packets(of part: Part) -> [PESPacket] {
        var packets: [PESPacket] = []
        for (frame, length) in part.frameLengths.enumerated() {
            if let last = packets.last, last.audioByteCount + Int(length) <= Self.capacity {
                packets[packets.count - 1].audioByteCount += Int(length)
            } else {
                packets.append(PESPacket(firstFrame: frame, audioByteCount: Int(length)))
            }
        }
        return packets
    }

    /// Transport packets that it takes when none is stuffed but the last.
    var transportPacketCount: Int {
        let size = TransportPacket.clockFieldSize + Self.headerSize + self.audioByteCount
        return (size + TransportPacket.bodySize - 1) / TransportPacket.bodySize
    }

    /// The packet's octets, with the next of a part's audio in them.
    func bytes(at time: PresentationTime, takingFrom audio: inout ByteBuffer) -> ByteBuffer {
        guard let frames = audio.readSlice(length: self.audioByteCount) else {
            preconditionFailure("the lengths of a part's frames add up to its octets")
        }
        var bytes = ByteBuffer()
        bytes.reserveCapacity(Self.headerSize + self.audioByteCount)
        // Start code with the first audio stream_id; the length counts from after itself.
        let length = UInt16(Self.headerSize - 6 + self.audioByteCount)
        // data_alignment_indicator, PTS only, five octets of it.
        bytes.writeMultipleIntegers(UInt32(0x0000_01C0), length, UInt8(0x84), UInt8(0x80), UInt8(5))
        Self.write(time, to: &bytes)
        bytes.writeImmutableBuffer(frames)
        return bytes
    }

    /// Writes a PTS: 3, 15 and 15 bits, each followed by a marker bit.
    private static func write(_ time: PresentationTime, to bytes: inout ByteBuffer) {
        let ticks = UInt64(time.ticks)
        bytes.writeMultipleIntegers(
            0x21 | UInt8(ticks >> 30) << 1,
            UInt16(truncatingIfNeeded: ticks >> 14) | 1,
            UInt16(truncatingIfNeeded: ticks << 1) | 1
        )
    }
}

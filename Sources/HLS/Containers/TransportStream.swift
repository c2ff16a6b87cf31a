// TransportStream: segments and parts as MPEG-2 transport streams.

package import NIOCore
package import Segmenter

/// Packages the frames of segments as MPEG-2 transport streams (RFC 8216 §3.2, ISO/IEC 13818-1).
///
/// What is written depends on the segment alone, so that any server makes the same octets, and a segment is the
/// concatenation of its parts. Continuity counters run on from segment to segment without a memory: tables are counted
/// by the number of their part, and the audio packets of a segment are a multiple of 16, with its counter from 0.
/// (Counters that begin anew lose VLC 200 ms at each segment.)
package struct TransportStream: Sendable {
    /// How many frames the clock reference runs ahead of the audio.
    ///
    /// The clock interpolates between packets that carry it, so a frame that is sent in step with it is whole one frame
    /// after its begin; the other is for the tables between parts. (ISO/IEC 13818-1 §2.4.2: no underflow.)
    private static let framesOfLead: Int64 = 2

    private let grid: SlotGrid

    package init(grid: SlotGrid) {
        self.grid = grid
    }

    /// The parts of a segment, one after the other.
    package func segment(_ segment: Segment) -> ByteBuffer {
        var output = ByteBuffer()
        output.reserveCapacity(self.byteCount(of: segment))
        var audioPackets = 0
        for part in segment.parts {
            audioPackets += self.write(part, of: segment.header, after: audioPackets, to: &output)
        }
        return output
    }

    /// One part of a segment, or `nil` if the segment does not have it yet.
    package func part(_ index: Int, of segment: Segment) -> ByteBuffer? {
        guard segment.parts.indices.contains(index) else { return nil }
        let audioPackets = segment.parts[..<index].reduce(0) { $0 + self.audioPacketCount(of: $1, after: $0) }
        var output = ByteBuffer()
        self.write(segment.parts[index], of: segment.header, after: audioPackets, to: &output)
        return output
    }

    /// The size of a segment as served, in octets.
    package func byteCount(of segment: Segment) -> Int {
        let audioPackets = segment.parts.reduce(0) { $0 + self.audioPacketCount(of: $1, after: $0) }
        return (segment.parts.count * ProgramTables.packetCount + audioPackets) * TransportPacket.size
    }

    /// Appends a part to which `earlierPackets` audio packets of its segment lead, and returns how many it adds.
    @discardableResult
    private func write(
        _ part: Part,
        of header: SegmentHeader,
        after earlierPackets: Int,
        to output: inout ByteBuffer
    ) -> Int {
        let partNumber = part.slot &* Int64(self.grid.partsPerSlot) &+ Int64(part.index)
        ProgramTables(format: header.format, continuityCounter: Int(partNumber & 0xF)).write(to: &output)

        let packets = PESPacket.packets(of: part)
        let padding = self.padding(of: part, packets: packets, after: earlierPackets)
        var audio = part.bytes
        var counter = earlierPackets
        for (index, packet) in packets.enumerated() {
            let frame = Int64(packet.firstFrame)
            let sample = header.firstSample + part.samplesBefore + frame * Int64(header.format.samplesPerFrame)
            let time = PresentationTime(sample: sample, sampleRate: header.format.sampleRate)
            let bytes = packet.bytes(at: time, takingFrom: &audio)
            let count = packet.transportPacketCount + (index == packets.count - 1 ? padding : 0)
            let clock = Self.clock(beforeSample: sample, of: header.format)
            Self.write(bytes, as: count, clock: clock, counter: counter, to: &output)
            counter += count
        }
        return counter - earlierPackets
    }

    private func audioPacketCount(of part: Part, after earlierPackets: Int) -> Int {
        let packets = PESPacket.packets(of: part)
        let padding = self.padding(of: part, packets: packets, after: earlierPackets)
        return packets.reduce(padding) { $0 + $1.transportPacketCount }
    }

    /// How many packets more than it needs the last PES packet of a segment takes, for a multiple of 16 in all.
    ///
    /// Only a part shorter than a frame can be empty and be unable to pad; no usual format has such parts.
    private func padding(of part: Part, packets: [PESPacket], after earlierPackets: Int) -> Int {
        guard part.index == self.grid.partsPerSlot - 1, !packets.isEmpty else { return 0 }
        let total = packets.reduce(earlierPackets) { $0 + $1.transportPacketCount }
        return -total & 0xF
    }

    private static func clock(beforeSample sample: Int64, of format: AudioFormat) -> PresentationTime {
        PresentationTime(
            sample: sample - Self.framesOfLead * Int64(format.samplesPerFrame),
            sampleRate: format.sampleRate
        )
    }

    /// Writes a PES packet as `count` transport packets: as full as can be, with an octet left for each to follow.
    ///
    /// A packet without payload would not count for continuity (ISO/IEC 13818-1 §2.4.3.3), hence the octet.
    private static func write(
        _ bytes: ByteBuffer,
        as count: Int,
        clock: PresentationTime,
        counter: Int,
        to output: inout ByteBuffer
    ) {
        var rest = bytes
        for index in 0..<count {
            let isFirst = index == 0
            let room = TransportPacket.bodySize - (isFirst ? TransportPacket.clockFieldSize : 0)
            let size = min(room, rest.readableBytes - (count - 1 - index))
            guard let payload = rest.readSlice(length: size) else {
                preconditionFailure("a PES packet has more octets than transport packets")
            }
            TransportPacket(
                pid: ProgramTables.audioPID,
                isPayloadStart: isFirst,
                continuityCounter: counter + index,
                clock: isFirst ? clock : nil
            ).write(payload: payload, to: &output)
        }
    }
}

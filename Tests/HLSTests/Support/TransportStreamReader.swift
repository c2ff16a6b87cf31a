// TransportStreamReader: a strict demultiplexer, written from ISO/IEC 13818-1 and not from our writer.

import NIOCore

/// Reads transport streams with one program of one stream, and refuses whatever is not as the standard has it.
struct TransportStreamReader {
    struct Violation: Error, CustomStringConvertible {
        let description: String
    }

    struct AccessUnit {
        let pts: Int64
        let bytes: [UInt8]
        /// How many packets had come before its first.
        let packet: Int
    }

    private(set) var units: [AccessUnit] = []
    private(set) var clocks: [Int64] = []
    private(set) var streamType: UInt8?
    /// PIDs in the order of the packets.
    private(set) var pids: [Int] = []
    private var counters: [Int: UInt8] = [:]
    private var mapPID: Int?
    private var audioPID: Int?
    /// The PES packet that is being collected, and the number of its first packet.
    private var pes: [UInt8] = []
    private var pesPacket = 0

    init(_ bytes: [UInt8]) throws {
        guard bytes.count % 188 == 0 else { throw Violation(description: "\(bytes.count) octets are not packets") }
        for offset in stride(from: 0, to: bytes.count, by: 188) {
            try self.read(Array(bytes[offset..<offset + 188]))
        }
        try self.finishUnit()
    }

    var audioPacketCount: Int { self.pids.count { $0 == self.audioPID } }

    private mutating func read(_ packet: [UInt8]) throws {
        guard packet[0] == 0x47, packet[1] & 0xA0 == 0, packet[3] & 0xC0 == 0 else {
            throw Violation(description: "header \(packet[..<4])")
        }
        let pid = Int(packet[1] & 0x1F) << 8 | Int(packet[2])
        guard packet[3] & 0x10 != 0 else { throw Violation(description: "a packet without payload") }
        let counter = packet[3] & 0xF
        if let last = self.counters[pid], counter != (last + 1) & 0xF {
            throw Violation(description: "packet \(self.pids.count) of \(pid) is counted \(counter) after \(last)")
        }
        self.counters[pid] = counter
        self.pids.append(pid)

        let payload = try self.readAdaptationField(of: packet)
        let isStart = packet[1] & 0x40 != 0
        switch pid {
        case 0: self.mapPID = try Self.program(in: payload)
        case self.mapPID: try self.readMap(payload)
        case self.audioPID: try self.readAudio(payload, isStart: isStart)
        default: throw Violation(description: "unannounced PID \(pid)")
        }
    }

    private mutating func readAdaptationField(of packet: [UInt8]) throws -> [UInt8] {
        guard packet[3] & 0x20 != 0 else { return Array(packet[4...]) }
        let length = Int(packet[4])
        guard length <= 182 else { throw Violation(description: "adaptation field of \(length)") }
        var used = 0
        if length > 0 {
            used = 1
            if packet[5] & 0x10 != 0 {
                guard packet[5] & 0x40 != 0 else { throw Violation(description: "a clock without random access") }
                let base = packet[6...9].reduce(Int64(0)) { $0 << 8 | Int64($1) }
                self.clocks.append(base << 1 | Int64(packet[10] >> 7))
                used = 7
            }
        }
        guard packet[(5 + used)..<(5 + length)].allSatisfy({ $0 == 0xFF }) else {
            throw Violation(description: "stuffing that is not 0xFF")
        }
        return Array(packet[(5 + length)...])
    }

    /// A section's body, after its checksum was found right.
    private static func section(_ payload: [UInt8], table: UInt8) throws -> [UInt8] {
        let length = Int(payload[2] & 0xF) << 8 | Int(payload[3])
        let section = Array(payload[1..<(4 + length)])
        // Division of the whole by the polynomial leaves nothing if the checksum is right.
        var remainder: UInt32 = 0xFFFF_FFFF
        for bit in 0..<(section.count * 8) {
            let incoming = UInt32(section[bit / 8] >> (7 - bit % 8) & 1)
            remainder = remainder >> 31 == incoming ? remainder << 1 : (remainder << 1) ^ 0x04C1_1DB7
        }
        guard payload[0] == 0, section[0] == table, section[1] & 0xF0 == 0xB0, section[5] == 0xC1, remainder == 0,
            payload[(4 + length)...].allSatisfy({ $0 == 0xFF })
        else { throw Violation(description: "table \(payload[..<24]) with remainder \(remainder)") }
        return Array(section[8..<(section.count - 4)])
    }

    private static func program(in payload: [UInt8]) throws -> Int {
        let body = try self.section(payload, table: 0)
        guard body.count == 4, body[0] == 0, body[1] == 1 else { throw Violation(description: "PAT \(body)") }
        return Int(body[2] & 0x1F) << 8 | Int(body[3])
    }

    private mutating func readMap(_ payload: [UInt8]) throws {
        let body = try Self.section(payload, table: 2)
        guard body.count == 9, body[2...3] == [0xF0, 0], body[7...8] == [0xF0, 0], body[0...1] == body[5...6] else {
            throw Violation(description: "PMT \(body)")
        }
        self.streamType = body[4]
        self.audioPID = Int(body[5] & 0x1F) << 8 | Int(body[6])
    }

    private mutating func readAudio(_ payload: [UInt8], isStart: Bool) throws {
        if isStart {
            try self.finishUnit()
            self.pes = payload
            self.pesPacket = self.pids.count - 1
        } else {
            guard !self.pes.isEmpty else { throw Violation(description: "audio before a start") }
            self.pes += payload
        }
    }

    /// Takes a PES packet apart when the next one begins: its header may lie in several packets.
    private mutating func finishUnit() throws {
        let pes = self.pes
        guard !pes.isEmpty else { return }
        guard pes.count > 14, pes[0...3] == [0, 0, 1, 0xC0], pes[6...8] == [0x84, 0x80, 5],
            pes[9] & 0xF1 == 0x21, pes[11] & 1 == 1, pes[13] & 1 == 1
        else { throw Violation(description: "PES header \(pes.prefix(14))") }
        let length = Int(pes[4]) << 8 | Int(pes[5])
        guard pes.count == 6 + length else {
            throw Violation(description: "\(length) octets announced, \(pes.count - 6) came")
        }
        let high = Int64(pes[9] >> 1 & 7) << 30
        let middle = (Int64(pes[10]) << 8 | Int64(pes[11])) / 2 * 32_768
        let low = (Int64(pes[12]) << 8 | Int64(pes[13])) / 2
        self.units.append(AccessUnit(pts: high | middle | low, bytes: Array(pes[14...]), packet: self.pesPacket))
    }
}

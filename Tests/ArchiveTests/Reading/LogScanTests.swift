// LogScanTests: a log file read whatever has become of it.

import NIOCore
import Segmenter
import Testing

@testable import Archive

@Suite struct LogScanTests {
    @Test("a sound log gives every part, without damage, and ends where the file ends")
    func sound() throws {
        let probe = try LogProbe.small()
        let scan = try #require(try probe.scan(checkingFrom: 0))
        #expect(scan.damage.isEmpty && scan.catalog.end == probe.bytes.count)
        #expect(probe.outcome(of: scan.catalog) == .init(right: probe.published.count))
        var outline = Outline()
        for publication in probe.published { outline.append(publication.part, of: publication.segment) }
        #expect(scan.outline == outline)
        #expect(scan.outline.titles.map(\.text) == ["Small"])
    }

    @Test("cut after any octet, a log gives the records that are whole, and no other sound")
    func truncation() throws {
        let probe = try LogProbe.small()
        for length in 0..<probe.bytes.count {
            try probe.store(Array(probe.bytes[..<length]))
            let scan = try probe.scan()
            let whole = probe.boundaries.dropFirst().filter { $0 <= length }.count
            guard let scan else {
                #expect(length < probe.boundaries[1])
                continue
            }
            let outcome = probe.outcome(of: scan.catalog)
            #expect(outcome.wrong == 0 && outcome.right == whole)
            #expect(scan.catalog.end == max(probe.boundaries[0], probe.boundaries[whole]))
            let isTorn = length > probe.boundaries[whole]
            #expect(scan.damage.map(\.isTail) == (isTorn ? [true] : []))
        }
    }

    @Test("any bit flipped costs its record and no other; nothing that was not published is heard")
    func flippedBits() throws {
        let probe = try LogProbe.small(segments: 2)
        let all = probe.published.count
        for bit in 0..<probe.bytes.count * 8 {
            var bytes = probe.bytes
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            try probe.store(bytes)
            let scan = try #require(try probe.scan(checkingFrom: bit % 2 == 0 ? 0 : .max))
            let outcome = probe.outcome(of: scan.catalog)
            let isInHeader = bit / 8 < probe.boundaries[0]
            #expect(outcome.wrong == 0 && outcome.right == (isInHeader ? all : all - 1), "bit \(bit)")
            #expect(outcome.right + outcome.silent == all, "bit \(bit)")
        }
    }

    @Test("10,000 seeded mutations of a log never trap, and never make a sound that was not published")
    func mutations() throws {
        let probe = try LogProbe.small(segments: 2)
        var random = SeededGenerator(seed: 3)
        for round in 0..<10_000 {
            let bytes = Self.mutated(probe.bytes, using: &random)
            try probe.store(bytes)
            guard let scan = try probe.scan(checkingFrom: round % 3 == 0 ? 0 : .max) else { continue }
            #expect(probe.outcome(of: scan.catalog).wrong == 0, "round \(round)")
        }
    }

    @Test("descriptions that lie behind right checksums never trap")
    func liars() throws {
        let probe = try LogProbe.small()
        var random = SeededGenerator(seed: 4)
        for _ in 0..<2_000 {
            var bytes = ByteBuffer(bytes: probe.bytes)
            let place = probe.boundaries[Int.random(in: 0..<probe.boundaries.count - 1, using: &random)]
            let length = Int(bytes.getInteger(at: place + 4, endianness: .little, as: UInt32.self) ?? 0)
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let offset = place + RecordHead.length + Int.random(in: 0..<length - 8, using: &random)
                bytes.setInteger(Self.oddNumber(using: &random), at: offset, endianness: .little)
            }
            let head = try #require(bytes.getSlice(at: place, length: 16))
            let description = try #require(bytes.getSlice(at: place + RecordHead.length, length: length))
            let checksum = Checksum.of(description, continuing: Checksum.of(head))
            bytes.setInteger(checksum, at: place + 16, endianness: .little)
            try probe.store(Array(bytes.readableBytesView))
            guard let scan = try probe.scan() else { continue }
            _ = probe.outcome(of: scan.catalog)
            guard let slots = ArchivedFile(path: "", catalog: scan.catalog, outline: nil).slots else { continue }
            for slot in slots.prefix(4) + slots.suffix(4) { _ = scan.catalog.summary(slot, isOpen: false) }
        }
    }

    @Test("without its header a log is read by the header that its index has, or by its first frames")
    func lostHeader() throws {
        for probe in [try LogProbe.small(), try Self.silentFirst()] {
            var reader = ByteBuffer(bytes: probe.bytes)
            let header = LogHeader(&reader)
            var bytes = probe.bytes
            for place in 0..<probe.boundaries[0] { bytes[place] = 0 }
            try probe.store(bytes)
            let known = try #require(try probe.scan(header))
            #expect(probe.outcome(of: known.catalog).wrong == 0)
            #expect(known.damage == [.init(offset: 0, length: probe.boundaries[0], isTail: false)])
            let guessed = try #require(try probe.scan())
            #expect(probe.outcome(of: guessed.catalog) == probe.outcome(of: known.catalog))
            #expect(guessed.damage == known.damage)
            #expect(
                guessed.catalog.header.format == header?.format && guessed.catalog.header.silence == header?.silence
            )
        }
    }

    @Test("octets that the disk does not give are damage, and what lies around them is read")
    func unreadable() throws {
        let probe = try LogProbe.small(segments: 6)
        let disk = FaultyDisk()
        let place = probe.boundaries[4]
        disk.fail(.init(call: .read, number: 5, offsets: place + 3..<place + 4))
        let file = try disk.open(probe.path, .reading)
        defer { disk.close(file) }
        let scan = try #require(
            try LogScan(disk, file, firstSlot: probe.firstSlot, grid: probe.grid)
        )
        let outcome = probe.outcome(of: scan.catalog)
        // A record that shares a sector with the lost octet may go with it.
        #expect(outcome.wrong == 0 && outcome.right >= probe.published.count - 3 && outcome.silent > 0)
    }

    /// A log that begins with silence, as that of a new stream does.
    private static func silentFirst() throws -> LogProbe {
        let grid = try #require(SlotGrid(segmentMilliseconds: 2_000, partMilliseconds: 1_000))
        var broadcast = Broadcast(.aac(rate: 8_000), grid: grid)
        broadcast.play(seconds: 8)
        return try LogProbe(broadcast.published.segments(6), grid: grid)
    }

    /// Octets changed, left out, or put in.
    static func mutated(_ original: [UInt8], using random: inout SeededGenerator) -> [UInt8] {
        var bytes = original
        for _ in 0..<Int.random(in: 1...6, using: &random) where !bytes.isEmpty {
            let place = Int.random(in: 0..<bytes.count, using: &random)
            let length = Int.random(in: 1...40, using: &random)
            switch Int.random(in: 0..<6, using: &random) {
            case 0: bytes.removeSubrange(place..<min(bytes.count, place + length))
            case 1: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + length)], at: place)
            case 2:
                bytes.insert(contentsOf: (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }, at: place)
            case 3: bytes.removeSubrange(place...)
            default: bytes[place] = UInt8.random(in: 0...255, using: &random)
            }
        }
        return bytes
    }

    static func oddNumber(using random: inout SeededGenerator) -> Int64 {
        let numbers: [Int64] = [0, 1, -1, .min, .max, 1 << 31, 1 << 32, 0xFFFF, 1 << 50, -(1 << 50), 0x0101_0101]
        return Bool.random(using: &random)
            ? numbers.randomElement(using: &random) ?? 0 : Int64.random(in: .min ... .max, using: &random)
    }
}

// FileIndexTests: the catalog and outline that are stored beside a log.

import NIOCore
import Segmenter
import Testing

@testable import Archive

@Suite struct FileIndexTests {
    private func index(of probe: LogProbe) throws -> FileIndex {
        let scan = try #require(try probe.scan())
        let gap = Outline.Gap(
            start: Timestamp(milliseconds: 5),
            end: Timestamp(milliseconds: 9),
            reason: .damage
        )
        var outline = Outline()
        outline.append(gap)
        outline.append(scan.outline)
        return FileIndex(catalog: scan.catalog, outline: outline)
    }

    @Test("an index gives back its catalog and outline, and only for a log of its size")
    func roundTrip() throws {
        let probe = try LogProbe.small(segments: 5)
        let index = try self.index(of: probe)
        let bytes = index.encoded()
        let read = try #require(FileIndex(bytes, logSize: probe.bytes.count))
        #expect(read.outline == index.outline)
        #expect(read.catalog.entries == index.catalog.entries && read.catalog.spans == index.catalog.spans)
        #expect(read.catalog.header == index.catalog.header && read.catalog.end == probe.bytes.count)
        #expect(probe.outcome(of: read.catalog) == .init(right: probe.published.count))
        #expect(FileIndex(bytes, logSize: probe.bytes.count + 1) == nil)
        #expect(FileIndex(bytes, logSize: probe.bytes.count - 1) == nil)
        #expect(FileIndex.header(in: bytes) == index.catalog.header)
    }

    @Test("titles of all kinds and an outline without anything come back")
    func outlines() throws {
        let probe = try LogProbe.small()
        let catalog = try #require(try probe.scan()).catalog
        let time = Timestamp(milliseconds: -1)
        let titles = [
            Title(time: time, text: String(repeating: "é", count: 2_500)),
            Title(time: .init(milliseconds: 8), text: ""),
            Title(time: .init(milliseconds: 9), text: "three", url: ""),
        ]
        for outline in [Outline(), Outline(start: time, end: .init(milliseconds: 10), gaps: [], titles: titles)] {
            let bytes = FileIndex(catalog: catalog, outline: outline).encoded()
            #expect(FileIndex(bytes, logSize: catalog.end)?.outline == outline)
        }
    }

    @Test("that a slot was checked is true of this run of the server only")
    func checkedIsForgotten() throws {
        let probe = try LogProbe.small()
        var catalog = try #require(try probe.scan()).catalog
        catalog.noteChecked(slot: catalog.firstSlot)
        #expect(catalog.entries[0].flags.contains(.isChecked))
        let read = FileIndex(FileIndex(catalog: catalog, outline: Outline()).encoded(), logSize: catalog.end)
        #expect(read?.catalog.entries[0].flags.contains(.isChecked) == false)
    }

    @Test("an index without its end, or with any bit flipped, is not used")
    func damage() throws {
        let probe = try LogProbe.small(segments: 2)
        let bytes = try self.index(of: probe).encoded()
        for length in 0..<bytes.readableBytes {
            #expect(FileIndex(try #require(bytes.getSlice(at: 0, length: length)), logSize: probe.bytes.count) == nil)
        }
        for bit in 0..<bytes.readableBytes * 8 {
            #expect(FileIndex(bytes.flipping(bit), logSize: probe.bytes.count) == nil)
            _ = FileIndex.header(in: bytes.flipping(bit))
        }
    }

    @Test("10,000 seeded mutations behind a right checksum never trap, and make no sound that was not published")
    func liars() throws {
        let probe = try LogProbe.small()
        let whole = try self.index(of: probe).encoded()
        let body = 10 + (try self.index(of: probe).catalog.header.length)
        var random = SeededGenerator(seed: 5)
        var accepted = 0
        for round in 0..<10_000 {
            var bytes = whole
            if round % 4 == 0 {
                bytes = ByteBuffer(bytes: LogScanTests.mutated(Array(whole.readableBytesView), using: &random))
            } else {
                let place = Int.random(in: body..<whole.readableBytes - 12, using: &random)
                let number = LogScanTests.oddNumber(using: &random)
                switch round % 4 {
                case 1: bytes.setInteger(number, at: place, endianness: .little)
                case 2: bytes.setInteger(Int32(truncatingIfNeeded: number), at: place, endianness: .little)
                default: bytes.setInteger(Int16(truncatingIfNeeded: number), at: place, endianness: .little)
                }
            }
            guard bytes.readableBytes > 4 else { continue }
            bytes.seal()
            guard let index = FileIndex(bytes, logSize: probe.bytes.count) else { continue }
            accepted += 1
            #expect(probe.outcome(of: index.catalog).wrong == 0, "round \(round)")
            Self.look(at: index.catalog)
        }
        #expect(accepted > 100)
    }

    /// Asks a catalog everything that is asked of one.
    private static func look(at catalog: FileCatalog) {
        var catalog = catalog
        for slot in catalog.firstSlot - 1...catalog.lastSlot + 1 {
            _ = catalog.summary(slot, isOpen: true)
            _ = catalog.summary(slot, isOpen: false)
            for part in -1...catalog.grid.partsPerSlot {
                _ = catalog.audio(slot, part)
                catalog.noteDamage(slot: slot, part: part)
                _ = catalog.damagedGap(slot, part)
            }
        }
        var index = StreamIndex()
        index.files = [ArchivedFile(path: "a", catalog: catalog, outline: nil)]
        _ = index.summary(ofSlot: catalog.lastSlot + 1_000)
    }
}

// SlotGridTests: slots and parts by the clock.

import Segmenter
import Testing

@Suite struct SlotGridTests {
    @Test("a slot number is the floor of the epoch over the slot's length")
    func slots() {
        let grid = SlotGrid.standard
        #expect(grid.slot(at: Timestamp(milliseconds: 0)) == 0)
        #expect(grid.slot(at: Timestamp(milliseconds: 5_759)) == 0)
        #expect(grid.slot(at: Timestamp(milliseconds: 5_760)) == 1)
        #expect(grid.slot(at: Timestamp(milliseconds: -1)) == -1)
        #expect(grid.edge(ofSlot: 310_000_000).milliseconds == 310_000_000 * 5_760)
        #expect(grid.edge(ofSlot: 7, part: 6) == grid.edge(ofSlot: 8))
    }

    @Test(
        "a grid outside what players take is refused",
        arguments: [
            (1_999, 999), (12_001, 12_001), (5_760, 1_000), (5_760, 0), (5_760, -960), (5_760, 11_520), (5_760, 90),
        ]
    )
    func refused(segment: Int64, part: Int64) {
        #expect(SlotGrid(segmentMilliseconds: segment, partMilliseconds: part) == nil)
    }

    @Test(
        "parts divide a slot",
        arguments: [(5_760, 960, 6), (5_760, 240, 24), (2_000, 2_000, 1), (12_000, 1_000, 12)]
    )
    func parts(segment: Int64, part: Int64, count: Int) throws {
        let grid = try #require(SlotGrid(segmentMilliseconds: segment, partMilliseconds: part))
        #expect(grid.partsPerSlot == count)
    }
}

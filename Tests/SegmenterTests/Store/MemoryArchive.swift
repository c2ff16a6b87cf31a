// MemoryArchive: an archive whose disk is a dictionary.

import NIOCore
import Segmenter
import Synchronization

/// An archive that keeps segments in memory and answers at once: a store before it can be tested without a disk.
final class MemoryArchive: SegmentArchive {
    /// What is kept from deletion.
    final class Lease: Sendable {}

    private let segments = Mutex<[Int64: Segment]>([:])
    private let silence: SilentRun?
    private let loads = Mutex(0)

    /// Makes an archive; slots that nobody stored are those of `silence`.
    init(silence: SilentRun? = nil) {
        self.silence = silence
    }

    /// How often a slot was loaded.
    var loadCount: Int { self.loads.withLock { $0 } }

    func store(_ publications: [Publication], grid: SlotGrid = .standard) {
        self.segments.withLock { segments in
            for publication in publications {
                let slot = publication.segment.slot
                var segment = segments[slot] ?? Segment(header: publication.segment, partCount: grid.partsPerSlot)
                segment.append(publication.part, isLast: publication.completesSegment)
                segments[slot] = segment
            }
        }
    }

    func forget(_ slot: Int64) {
        self.segments.withLock { $0[slot] = nil }
    }

    func segment(_ slot: Int64) -> Segment? {
        if let stored = self.segments.withLock({ $0[slot] }) { return stored }
        guard let silence = self.silence, self.slots?.contains(slot) == true else { return nil }
        return silence.segment(slot)
    }

    var slots: ClosedRange<Int64>? {
        self.segments.withLock { segments in
            guard let first = segments.keys.min(), let last = segments.keys.max() else { return nil }
            return first...last
        }
    }

    func holds(_ slot: Int64) -> Bool { self.segment(slot) != nil }

    func summary(ofSlot slot: Int64) -> SegmentSummary? { self.segment(slot)?.summary }

    func part(_ slot: Int64, _ index: Int) -> StoredPart { self.segment(slot) == nil ? .missing : .computed }

    var damagedParts: Int { 0 }

    func resumption(notAfter slot: Int64) -> Int64? { nil }

    func ranges(ofSlot slot: Int64) -> [StoredRange]? { nil }
    func prepare(_ slot: Int64, then: @escaping @Sendable () -> Void) { then() }
    func deliver(_ slot: Int64, on loop: any EventLoop, then: @escaping @Sendable (Segment?) -> Void) {
        self.load(slot) { segment in loop.execute { then(segment) } }
    }

    func readAhead(_ slot: Int64) {}

    func load(_ slot: Int64, then: @escaping @Sendable (Segment?) -> Void) {
        self.loads.withLock { $0 += 1 }
        then(self.segment(slot))
    }

    func loadPart(_ slot: Int64, _ index: Int, then: @escaping @Sendable (LoadedPart) -> Void) {
        then(self.segment(slot)?.parts.first { $0.index == index }.map { .part($0) } ?? .missing)
    }

    func lease(_ slots: ClosedRange<Int64>) -> any AnyObject & Sendable { Lease() }

    func outline(of slots: ClosedRange<Int64>, then: @escaping @Sendable (Outline) -> Void) {
        var outline = Outline()
        for slot in slots { if let segment = self.segment(slot) { outline.append(segment) } }
        then(outline)
    }
}

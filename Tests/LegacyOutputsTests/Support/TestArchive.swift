// TestArchive: an archive of parts whose audio lies in a real file.

import Foundation
import NIOCore
import Segmenter
import Synchronization

/// An archive that holds parts in memory and in a file, and answers when the test lets it.
///
/// Slots are unread until they are prepared; parts of `computed` slots are never in the file.
final class TestArchive: SegmentArchive {
    /// What is kept from deletion.
    final class Lease: Sendable {
        private let onEnd: @Sendable () -> Void

        init(onEnd: @escaping @Sendable () -> Void) {
            self.onEnd = onEnd
        }

        deinit { self.onEnd() }
    }

    private struct State {
        var segments: [Int64: Segment] = [:]
        var offsets: [StreamCursor: Int] = [:]
        var length = 0
        var prepared: Set<Int64> = []
        var computed: Set<Int64> = []
        var unreadable: Set<Int64> = []
        var neverReady = false
        var damagedParts = 0
        var leases: [ClosedRange<Int64>] = []
        var waiting: [@Sendable () -> Void] = []
        var answersAtOnce = true
        var asked: [String] = []
        var readAhead: [Int64] = []
    }

    private let state = Mutex(State())
    private let file: StoredFile

    init() throws {
        let directory = FileManager.default.temporaryDirectory.path
        var path = Array("\(directory)/test-archive-XXXXXX".utf8CString)
        let descriptor = mkstemp(&path)
        guard descriptor >= 0 else { throw IOError(errnoCode: errno, reason: "mkstemp") }
        unlink(path)
        self.file = StoredFile(NIOFileHandle(_deprecatedTakingOwnershipOfDescriptor: descriptor))
    }

    // MARK: What the test does

    func store(_ publication: Publication) throws {
        let bytes = Array(publication.part.bytes.readableBytesView)
        let offset = self.state.withLock { state in
            defer { state.length += bytes.count }
            return state.length
        }
        let written = try self.file.handle.withUnsafeFileDescriptor { pwrite($0, bytes, bytes.count, off_t(offset)) }
        guard written == bytes.count else { throw IOError(errnoCode: errno, reason: "pwrite") }
        self.state.withLock { state in
            let slot = publication.segment.slot
            state.segments[slot, default: Segment(header: publication.segment)].append(
                publication.part,
                isLast: publication.completesSegment
            )
            state.offsets[StreamCursor(slot: slot, part: publication.part.index)] = offset
        }
    }

    /// Whether questions wait until `answer` is called.
    var answersAtOnce: Bool {
        get { self.state.withLock { $0.answersAtOnce } }
        set { self.state.withLock { $0.answersAtOnce = newValue } }
    }

    /// Answers what waits; `false` when nothing did.
    @discardableResult func answer() -> Bool {
        let waiting = self.state.withLock { state in
            defer { state.waiting = [] }
            return state.waiting
        }
        for answer in waiting { answer() }
        return !waiting.isEmpty
    }

    func compute(_ slot: Int64) { self.state.withLock { _ = $0.computed.insert(slot) } }
    func makeUnreadable(_ slot: Int64) { self.state.withLock { _ = $0.unreadable.insert(slot) } }
    func forget(_ slot: Int64) { self.state.withLock { $0.segments[slot] = nil } }
    func noteDamage() { self.state.withLock { $0.damagedParts += 1 } }
    /// The page cache lets go of everything at once.
    func neverBeReady() { self.state.withLock { $0.neverReady = true } }

    func segment(_ slot: Int64) -> Segment? { self.state.withLock { $0.segments[slot] } }

    /// What was asked of the disk, in order.
    var asked: [String] { self.state.withLock { $0.asked } }
    /// What it was told will be wanted soon.
    var readAheads: [Int64] { self.state.withLock { $0.readAhead } }
    var leases: [ClosedRange<Int64>] { self.state.withLock { $0.leases } }

    // MARK: What the store asks

    var slots: ClosedRange<Int64>? {
        self.state.withLock { state in
            guard let first = state.segments.keys.min(), let last = state.segments.keys.max() else { return nil }
            return first...last
        }
    }

    func holds(_ slot: Int64) -> Bool { self.state.withLock { $0.segments[slot] != nil } }

    func summary(ofSlot slot: Int64) -> SegmentSummary? { self.state.withLock { $0.segments[slot]?.summary } }

    func part(_ slot: Int64, _ index: Int) -> StoredPart {
        self.state.withLock { state in
            guard let part = state.segments[slot]?.parts[index] else { return .missing }
            guard !state.computed.contains(slot) else { return .computed }
            guard state.prepared.contains(slot), !state.neverReady,
                let offset = state.offsets[StreamCursor(slot: slot, part: index)]
            else { return .unread }
            return .ready(StoredRange(file: self.file, offset: Int64(offset), length: part.bytes.readableBytes))
        }
    }

    var damagedParts: Int { self.state.withLock { $0.damagedParts } }

    func resumption(notAfter slot: Int64) -> Int64? { nil }

    func prepare(_ slot: Int64, then: @escaping @Sendable () -> Void) {
        self.ask("prepare \(slot)") {
            self.state.withLock { _ = $0.prepared.insert(slot) }
            then()
        }
    }

    func ranges(ofSlot slot: Int64) -> [StoredRange]? {
        guard let count = self.segment(slot)?.parts.count else { return nil }
        var ranges: [StoredRange] = []
        for part in 0..<count {
            guard case .ready(let range) = self.part(slot, part) else { return nil }
            ranges.append(range)
        }
        return ranges
    }

    func deliver(_ slot: Int64, on loop: any EventLoop, then: @escaping @Sendable (Segment?) -> Void) {
        self.ask("deliver \(slot)") {
            let segment = self.state.withLock { state -> Segment? in
                guard !state.unreadable.contains(slot) else { return nil }
                state.prepared.insert(slot)
                return state.segments[slot]
            }
            loop.execute { then(segment) }
        }
    }

    func readAhead(_ slot: Int64) {
        self.state.withLock { $0.readAhead.append(slot) }
    }

    func load(_ slot: Int64, then: @escaping @Sendable (Segment?) -> Void) {
        self.ask("load \(slot)") { then(self.state.withLock { $0.segments[slot] }) }
    }

    func loadPart(_ slot: Int64, _ index: Int, then: @escaping @Sendable (LoadedPart) -> Void) {
        self.ask("part \(slot).\(index)") {
            let loaded = self.state.withLock { state -> LoadedPart in
                guard let part = state.segments[slot]?.parts[index] else { return .missing }
                guard state.unreadable.contains(slot) else { return .part(part) }
                return .unread(silence: Self.silence(for: part))
            }
            then(loaded)
        }
    }

    func lease(_ slots: ClosedRange<Int64>) -> any AnyObject & Sendable {
        self.state.withLock { $0.leases.append(slots) }
        return Lease { [weak self] in
            self?.state.withLock { state in
                if let place = state.leases.firstIndex(of: slots) { state.leases.remove(at: place) }
            }
        }
    }

    func outline(of slots: ClosedRange<Int64>, then: @escaping @Sendable (Outline) -> Void) { then(Outline()) }

    private func ask(_ question: String, _ answer: @escaping @Sendable () -> Void) {
        let isNow = self.state.withLock { state in
            state.asked.append(question)
            if !state.answersAtOnce { state.waiting.append(answer) }
            return state.answersAtOnce
        }
        if isNow { answer() }
    }

    /// As many frames of as many octets, none of which can be mistaken for the audio.
    static func silence(for part: Part) -> Part {
        Part(
            slot: part.slot,
            index: part.index,
            samplesBefore: part.samplesBefore,
            bytes: ByteBuffer(repeating: 0, count: part.bytes.readableBytes),
            frameLengths: part.frameLengths,
            silences: [0..<part.frameCount]
        )
    }
}

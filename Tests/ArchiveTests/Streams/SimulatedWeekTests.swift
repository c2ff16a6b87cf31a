// SimulatedWeekTests: seven days of a station, with all that clocks and encoders do, through the writer and its files.

import NIOCore
import Segmenter
import Testing

@testable import Archive

@Suite struct SimulatedWeekTests {
    /// Something that happens at an hour of the week.
    private enum Event {
        case drift(Double)
        /// The wall clock jumps by so many milliseconds: NTP, or a leap second.
        case wallStep(Int64)
        /// The source is gone for so many seconds, then connects with a backlog of so many.
        case reconnect(away: Double, backlog: Double)
        case restart(seconds: Double)
    }

    /// Hour of the week, and what happens then.
    private static let events: [(hour: Double, event: Event)] = [
        (1, .drift(200)), (5, .reconnect(away: 40, backlog: 3)), (9, .wallStep(400)), (13, .drift(-200)),
        (20, .reconnect(away: 0.5, backlog: 8)), (26, .restart(seconds: 9)), (31, .wallStep(-700)), (40, .drift(35)),
        // The wall clock says 23:59:60 by repeating a second.
        (48, .wallStep(-1_000)), (55, .reconnect(away: 1_800, backlog: 0)), (63, .drift(-120)), (72, .wallStep(2_500)),
        (80, .restart(seconds: 3 * 3_600)), (90, .drift(180)), (97, .reconnect(away: 5, backlog: 5)),
        (104, .wallStep(-90_000)), (112, .wallStep(90_500)), (121, .drift(-200)),
        (130, .reconnect(away: 333, backlog: 10)),
        (141, .drift(0)), (150, .wallStep(20)), (160, .reconnect(away: 20, backlog: 2)),
    ]

    /// One published part, as far as time is concerned.
    private struct Noted {
        let header: SegmentHeader
        let samplesBefore: Int64
        let frames: Int
        let silences: [Range<Int>]
    }

    private static let grid = SlotGrid(segmentMilliseconds: 12_000, partMilliseconds: 6_000)

    @Test("a week of drift, NTP steps, a leap second, reconnects and restarts: every moment is found, to the frame")
    func week() async throws {
        let grid = try #require(Self.grid)
        // The week of the end of daylight saving time in Europe: 2026-10-25T01:00:00Z is in it.
        let begin = try #require(Timestamp(rfc3339: "2026-10-20T00:00:00Z")).milliseconds * 1_000
        var machine = Machine(grid: grid, at: begin)
        var policy = LogPolicy()
        policy.sync = .never
        policy.seconds = 8 * 86_400
        var store = try TemporaryStore(at: begin)
        var stream = try store.open(grid: grid, policy)
        var published: [Noted] = []
        var batch: [Publication] = []

        func write() async {
            published += batch.map {
                Noted(
                    header: $0.segment,
                    samplesBefore: $0.part.samplesBefore,
                    frames: $0.part.frameCount,
                    silences: $0.part.silences
                )
            }
            #expect(await stream.write(batch) == 0)
            batch = []
        }

        func air(until utc: Int64) async {
            while machine.utc < utc {
                let now = machine.tick(3, hasSource: true)
                batch += machine.timeline.receive(machine.frames(in: 3), at: now)
                batch += machine.timeline.advance(to: now)
                if batch.count > 200 { await write() }
            }
        }

        for (hour, event) in Self.events {
            await air(until: begin + Int64(hour * 3_600_000_000))
            switch event {
            case .drift(let drift): machine.drift = drift
            case .wallStep(let milliseconds): machine.wallError += milliseconds * 1_000
            case .reconnect(let away, let backlog):
                machine.timeline.beginSource()
                for _ in 0..<Int(away * 2) {
                    batch += machine.timeline.advance(to: machine.tick(0.5, hasSource: false))
                }
                batch += machine.timeline.receive(
                    machine.frames(in: backlog),
                    at: machine.tick(0.01, hasSource: true)
                )
            case .restart(let seconds):
                await write()
                let files = try stream.files()
                await store.close(stream)
                store = try TemporaryStore(files, at: machine.utc + Int64(seconds * 1_000_000))
                stream = try store.open(grid: grid, policy)
                batch += machine.restart(behind: try #require(stream.newest), after: seconds)
            }
        }
        await air(until: begin + 7 * 86_400 * 1_000_000)
        await write()
        let files = try stream.files()
        await store.close(stream)
        #expect(machine.utc - begin >= 7 * 86_400 * 1_000_000)
        try self.check(files, published, machine, grid: grid, policy: policy)
    }

    /// Opens what is stored once more, and looks everything up.
    private func check(
        _ files: StoredFiles,
        _ published: [Noted],
        _ machine: Machine,
        grid: SlotGrid,
        policy: LogPolicy
    ) throws {
        let store = try TemporaryStore(files, at: machine.utc)
        let stream = try store.open(grid: grid, policy)
        let window = SegmentStore(
            grid: grid,
            seconds: policy.seconds,
            hotSeconds: 60,
            archive: stream.archive,
            newest: stream.newest
        )
        try self.checkNumbers(published, stream.archive)
        try self.checkPlaces(published, window, stream.archive)
        self.checkGaps(published, stream.archive)
        try self.checkDaylightSaving(window)
        // Media time followed the clock, whatever encoder and NTP did: it is right to the correction still owed.
        #expect(abs(machine.timeline.clockError) < 150_000)
        #expect(store.log.complaints.isEmpty && stream.archive.damagedParts == 0)
    }

    /// Slot numbers rise by one, and samples go on, over restarts and outages.
    private func checkNumbers(_ published: [Noted], _ archive: StreamArchive) throws {
        let slots = try #require(archive.slots)
        #expect(slots.lowerBound == published.first?.header.slot && slots.upperBound == published.last?.header.slot)
        #expect(slots.count > 7 * 86_400 / 12)
        var last: SegmentSummary?
        var broken = 0
        for slot in slots {
            guard let summary = archive.summary(ofSlot: slot) else {
                broken += 1
                continue
            }
            if let last {
                let goesOn = summary.header.firstSample == last.header.firstSample + last.sampleCount
                let isOnTime = abs(summary.header.start.millisecondsSince(last.end)) <= 4
                if !goesOn || !isOnTime || summary.header.isDiscontinuous { broken += 1 }
            }
            last = summary
        }
        #expect(broken == 0)
    }

    /// Every frame of some thousand parts, and the moment before and after it, is found where it was published.
    private func checkPlaces(_ published: [Noted], _ window: SegmentStore, _ archive: StreamArchive) throws {
        var random = SeededGenerator(seed: 7)
        var looked = 0
        var wrong = 0
        var sampled = (0..<4_000).map { _ in Int.random(in: 1..<published.count, using: &random) }
        // All parts at which silence begins or ends, too.
        sampled += published.indices.dropFirst().filter { place in
            !published[place].silences.isEmpty && published[place].silences != [0..<published[place].frames]
        }
        for place in sampled {
            let part = published[place]
            let frame = Int.random(in: 0..<part.frames, using: &random)
            guard !part.silences.contains(where: { $0.contains(frame) }) else { continue }
            let samples = part.samplesBefore + Int64(frame) * Int64(part.header.format.samplesPerFrame)
            let exact = part.header.start.milliseconds * 1_000 + samples * 1_000_000 / 8_000
            let expected = StreamCursor(
                slot: part.header.slot,
                part: part.samplesBefore == 0 ? 0 : 1,
                frame: frame
            )
            // The first whole millisecond that is not after the frame, and the one before: both begin with it.
            for time in [exact / 1_000, exact / 1_000 - 1] {
                looked += 1
                let found = self.place(Timestamp(milliseconds: time), window, archive)
                if found?.cursor != expected { wrong += 1 }
            }
            // A millisecond later it is the next frame, or the one that follows a gap.
            let later = self.place(Timestamp(milliseconds: exact / 1_000 + 1), window, archive)
            if let later, later.cursor <= expected { wrong += 1 }
        }
        #expect(wrong == 0 && looked > 5_000)
    }

    private func place(_ time: Timestamp, _ window: SegmentStore, _ archive: StreamArchive) -> FramePlace? {
        var loaded: [Segment] = []
        while true {
            switch window.place(notBefore: time, with: loaded) {
            case .found(let place): return place
            case .nothing: return nil
            case .needs(let slot):
                guard let segment = archive.segment(slot) else { return nil }
                loaded.append(segment)
            }
        }
    }

    /// The gaps that are told are the silences that were published, and the time the server was away.
    private func checkGaps(_ published: [Noted], _ archive: StreamArchive) {
        var expected: [Outline.Reason: Int64] = [:]
        var lastEnd: Int64?
        for part in published {
            let start = part.header.start.milliseconds * 1_000 + part.samplesBefore * 1_000_000 / 8_000
            let length = Int64(part.frames) * 512_000
            // What nobody published between two parts is the outage that is computed.
            if let lastEnd, start - lastEnd > 12_000_000 { expected[.server, default: 0] += start - lastEnd }
            lastEnd = start + length
            expected[.source, default: 0] += part.silences.reduce(0) { $0 + Int64($1.count) } * 512_000
        }
        guard let slots = archive.slots else { return }
        let outline = archive.outline(of: slots)
        let told = outline.gaps.reduce(0) { $0 + $1.end.millisecondsSince($1.start) }
        let whole = expected.values.reduce(0, +) / 1_000
        // To a frame of half a second for each gap's rounding to whole milliseconds: far less than that in all.
        #expect(abs(told - whole) < 512)
        let audible = outline.ranges.reduce(0) { $0 + $1.upperBound.millisecondsSince($1.lowerBound) }
        #expect(audible + told == outline.end?.millisecondsSince(outline.start ?? Timestamp(milliseconds: 0)))
        // The outage of hours is the server's, those of the source are the source's.
        let server = outline.gaps.filter { $0.reason == .server }.map { $0.end.millisecondsSince($0.start) }
        #expect(server.contains { abs($0 - 3 * 3_600_000) < 60_000 })
        let source = outline.gaps.filter { $0.reason == .source }.map { $0.end.millisecondsSince($0.start) }
        #expect(source.contains { abs($0 - 1_800_000) < 15_000 } && source.contains { abs($0 - 333_000) < 15_000 })
        #expect(outline.gaps.allSatisfy { $0.reason != .damage })
    }

    /// The hour that local clocks show twice is two hours of the archive: the zone says which.
    private func checkDaylightSaving(_ window: SegmentStore) throws {
        for (local, utc) in [
            ("2026-10-25T02:30:00+02:00", "2026-10-25T00:30:00Z"),
            ("2026-10-25T02:30:00+01:00", "2026-10-25T01:30:00Z"),
            ("2026-10-25 02:59:59.999 02:00", "2026-10-25T00:59:59.999Z"),
            ("2026-10-25T02:00:00+01:00", "2026-10-25T01:00:00Z"),
        ] {
            let text = local.replacing(/(\d) (\d\d:\d\d:)/) { "\($0.1)T\($0.2)" }
            let first = try #require(Timestamp(rfc3339: text))
            let second = try #require(Timestamp(rfc3339: utc))
            #expect(first == second)
            guard case .found(let place) = window.place(notBefore: first) else {
                Issue.record("\(local) is not found")
                continue
            }
            #expect((0..<512).contains(place.time.millisecondsSince(second)))
        }
    }
}

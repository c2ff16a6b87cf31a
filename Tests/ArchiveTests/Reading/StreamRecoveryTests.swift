// StreamRecoveryTests: what a server finds in its files, whatever became of it and of them.

import NIOCore
import Segmenter
import Testing

@testable import Archive

@Suite struct StreamRecoveryTests {
    private let grid: SlotGrid
    /// A minute of audio, and the files of a server that was killed behind it: four of them, three with an index.
    private let published: [Publication]
    private let files: StoredFiles
    private let now: Int64
    private let policy: LogPolicy

    init() async throws {
        let grid = try #require(Broadcast.smallGrid)
        var policy = LogPolicy()
        policy.fileSeconds = 16
        var broadcast = try Broadcast.small()
        broadcast.play(seconds: 20, partsPerMillion: 150)
        broadcast.announce("Still known after a crash")
        broadcast.play(seconds: 21, partsPerMillion: 150)
        broadcast.idle(seconds: 5)
        broadcast.play(seconds: 7)
        (self.published, self.now) = (broadcast.published, broadcast.now)
        (self.grid, self.policy) = (grid, policy)
        let store = try TemporaryStore()
        let stream = try store.open(grid: grid, policy)
        await stream.write(self.published)
        await store.close(stream)
        var files = try stream.files()
        let last = try #require(files.logs.last)
        files.contents["\(last.dropLast(3))idx"] = nil
        self.files = files
        #expect(files.logs.count == 4 && files.indexes.count == 3)
    }

    /// The publications of one file, and where their records are.
    private func records(of log: String) -> [(publication: Publication, octets: Range<Int>)] {
        let first = Int64(log.dropLast(4)) ?? 0
        let places = self.files.boundaries(of: log)
        return zip(self.published.drop { $0.segment.slot < first }, zip(places, places.dropFirst())).map {
            ($0, $1.0..<$1.1)
        }
    }

    /// Opens damaged files, expects silence in the place of what was hit and nothing else, and goes on publishing.
    private func expectLoss(
        of hit: [Publication],
        in files: StoredFiles,
        _ comment: Comment,
        isLogged: Bool = true
    ) async throws {
        let store = try TemporaryStore(files, at: self.now)
        let stream = try store.open(grid: self.grid, self.policy)
        let archive = stream.archive
        let differing = archive.differing(from: self.published)
        #expect(differing.map(\.part.slot) == hit.map(\.part.slot), comment)
        #expect(differing.map(\.part.index) == hit.map(\.part.index), comment)
        for publication in hit {
            let served = archive.served(publication)
            #expect(served?.isSilence(insteadOf: publication.part) == true, comment)
            #expect(archive.segment(publication.segment.slot)?.header == publication.segment, comment)
        }
        try archive.expectOneTimeline()
        let told = store.log.errors.filter { $0.message.contains("damaged record") }
        #expect(told.count == (isLogged ? 1 : 0) && store.log.errors.count == told.count, comment)
        try await self.expectGoesOn(stream, store, comment)
    }

    /// Publishes behind what was found; a reader sees one timeline, also after another start.
    private func expectGoesOn(_ stream: ArchivedStream, _ store: TemporaryStore, _ comment: Comment) async throws {
        let end = try #require(stream.newest)
        var broadcast = try Broadcast.small(at: self.now)
        broadcast.restart(behind: end, after: 1)
        broadcast.play(seconds: 6)
        let sequence = try #require(self.published.last).segment.discontinuitySequence
        #expect(broadcast.published.allSatisfy { $0.segment.discontinuitySequence == sequence }, comment)
        let slot = end.isComplete ? end.slot + 1 : end.slot
        #expect(broadcast.published.first?.segment.slot == slot, comment)
        #expect(broadcast.published.first?.part.index == (end.isComplete ? 0 : end.parts.count), comment)
        #expect(await stream.write(broadcast.published) == 0, comment)
        #expect(stream.archive.differing(from: broadcast.published).isEmpty, comment)
        try stream.archive.expectOneTimeline()
        let files = try stream.files()
        await store.close(stream)
        let again = try TemporaryStore(files, at: broadcast.now)
        let stored = try again.open(grid: self.grid, self.policy)
        #expect(stored.archive.differing(from: broadcast.published).isEmpty, comment)
        try stored.archive.expectOneTimeline()
        await again.close(stored)
    }

    @Test(
        "after a kill everything is there, nothing is complained of, and the slot goes on where it was",
        arguments: [true, false]
    )
    func sound(withIndexes: Bool) async throws {
        var files = self.files
        if !withIndexes { for name in files.indexes { files.contents[name] = nil } }
        try await self.expectLoss(of: [], in: files, "sound", isLogged: false)
    }

    @Test("cut at every record's end and inside the last two, the newest log loses what is cut and no more")
    func truncation() async throws {
        let last = try #require(self.files.logs.last)
        let records = self.records(of: last)
        let inside = records.suffix(2).flatMap {
            Array(stride(from: $0.octets.lowerBound + 1, to: $0.octets.upperBound, by: 31))
        }
        for length in records.map(\.octets.lowerBound).dropFirst() + inside {
            var files = self.files
            files[last] = Array(files[last][..<length])
            let store = try TemporaryStore(files, at: self.now)
            let stream = try store.open(grid: self.grid, self.policy)
            let left = self.published.dropLast(records.filter { $0.octets.upperBound > length }.count)
            #expect(stream.archive.differing(from: left).isEmpty)
            let newest = try #require(stream.newest)
            #expect(newest.slot == left.last?.segment.slot && newest.parts.last?.index == left.last?.part.index)
            let isTorn = records.contains { $0.octets.lowerBound < length && length < $0.octets.upperBound }
            #expect(store.log.complaints.count == (isTorn ? 1 : 0) && store.log.errors.isEmpty)
            if isTorn { #expect(store.log.complaints.first?.message.contains(last) == true) }
            try await self.expectGoesOn(stream, store, "cut to \(length)")
        }
    }

    @Test(
        "a bit flipped in any record's head, description or audio is silence for that part alone, told once",
        arguments: 0..<3
    )
    func flippedBits(place: Int) async throws {
        for log in self.files.logs {
            for (number, record) in self.records(of: log).enumerated() where number % 3 == place {
                // The newest record of all is the torn tail.
                guard record.publication.part.bytes != self.published.last?.part.bytes else { continue }
                let octet = [
                    record.octets.lowerBound + 5 * (number % 4), record.octets.lowerBound + 40,
                    record.octets.upperBound - 3,
                ][(number + place) % 3]
                var files = self.files
                files[log][octet] ^= 0x10
                guard record.publication.part.firstAudibleFrame() != nil else { continue }
                try await self.expectLoss(of: [record.publication], in: files, "\(log) at \(octet)")
                guard number == place else { continue }
                files.contents["\(log.dropLast(3))idx"] = nil
                try await self.expectLoss(of: [record.publication], in: files, "\(log) at \(octet), no index")
            }
        }
    }

    @Test("damage is told with file and offset")
    func damageIsTold() async throws {
        let log = self.files.logs[1]
        let record = self.records(of: log)[4]
        var files = self.files
        files[log][record.octets.upperBound - 1] ^= 1
        for name in [String?.none, "\(log.dropLast(3))idx"] {
            if let name { files.contents[name] = nil }
            let store = try TemporaryStore(files, at: self.now)
            let stream = try store.open(grid: self.grid, self.policy)
            for _ in 0..<3 { _ = stream.archive.parts(record.publication.segment.slot) }
            #expect(stream.archive.damagedParts == 1 && store.log.errors.count == 1)
            let line = try #require(store.log.errors.first)
            let text = line.message + line.metadata.map { "\($0) \($1)" }.joined(separator: " ")
            #expect(text.contains(log) && text.contains("\(record.octets.lowerBound)"))
            let slots = try #require(stream.archive.slots)
            let gap = stream.archive.outline(of: slots).gaps.first { $0.reason == .damage }
            let segment = record.publication.segment
            #expect(gap?.start == segment.time(afterSamples: record.publication.part.samplesBefore))
            await store.close(stream)
        }
    }

    @Test("without any index, or with damaged ones, the same audio is found, and indexes are made again")
    func indexes() async throws {
        for damage in 0..<3 {
            var files = self.files
            for name in files.indexes {
                switch damage {
                case 0: files.contents[name] = nil
                case 1: files[name][files[name].count / 2] ^= 1
                default: files[name].removeLast(7)
                }
            }
            try await self.expectLoss(of: [], in: files, "indexes \(damage)", isLogged: false)
            let store = try TemporaryStore(files, at: self.now)
            let stream = try store.open(grid: self.grid, self.policy)
            await store.close(stream)
            for name in self.files.indexes { #expect(try stream.files()[name] == self.files[name]) }
        }
    }

    @Test(
        "a damaged file header costs nothing: its index has it, or the first frames tell it",
        arguments: [true, false]
    )
    func lostHeader(withIndex: Bool) async throws {
        for log in self.files.logs {
            var files = self.files
            for octet in 0..<60 { files[log][octet] = 0xA5 }
            if !withIndex { files.contents["\(log.dropLast(3))idx"] = nil }
            let isScanned = !withIndex || log == self.files.logs.last
            try await self.expectLoss(of: [], in: files, "header of \(log)", isLogged: isScanned)
        }
    }

    @Test(
        "a file that was begun and has no record yet is no loss, and its slot can be written",
        arguments: [0, 7, 8, 40, 79, 80]
    )
    func begun(length: Int) async throws {
        let last = try #require(self.files.logs.last)
        let whole = try #require(self.published.last { $0.completesSegment }).segment.slot
        var files = self.files
        let records = self.records(of: last).filter { $0.publication.segment.slot <= whole }
        files["\(whole + 1).log"] = Array(files[last][..<length])
        files[last] = Array(files[last][..<(records.last?.octets.upperBound ?? 0)])
        let store = try TemporaryStore(files, at: self.now)
        let stream = try store.open(grid: self.grid, self.policy)
        let left = self.published.filter { $0.segment.slot <= whole }
        #expect(stream.archive.differing(from: left).isEmpty && store.log.errors.isEmpty)
        try await self.expectGoesOn(stream, store, "begun with \(length)")
    }

    @Test(
        "a missing or unreadable file is an outage, and the audio around it is one timeline",
        arguments: [true, false]
    )
    func missingFile(isThere: Bool) async throws {
        let gone = self.files.logs[1]
        let lost = Set(self.records(of: gone).map(\.publication.segment.slot))
        var files = self.files
        files.contents["\(gone.dropLast(3))idx"] = nil
        if isThere {
            files[gone] = Array(repeating: 0x50, count: 5_000)
        } else {
            files.contents[gone] = nil
        }
        let store = try TemporaryStore(files, at: self.now)
        let stream = try store.open(grid: self.grid, self.policy)
        let left = self.published.filter { !lost.contains($0.segment.slot) }
        #expect(stream.archive.differing(from: left).isEmpty)
        for slot in lost { #expect(stream.archive.segment(slot)?.isSilent == true) }
        #expect(store.log.errors.count == (isThere ? 1 : 0))
        #expect(store.log.errors.allSatisfy { $0["file"]?.hasSuffix(gone) == true })
        try await self.expectGoesOn(stream, store, "missing")
    }

    @Test("a whole segment that is damaged, the first of its file too, leaves the samples of its neighbours alone")
    func damagedSegments() async throws {
        for log in self.files.logs.prefix(3) {
            let records = self.records(of: log)
            for range in [0..<2, 0..<5, 6..<8, 3..<9] {
                var files = self.files
                files.contents["\(log.dropLast(3))idx"] = nil
                let octets =
                    records[range.lowerBound].octets.lowerBound..<records[range.upperBound - 1].octets.upperBound
                for octet in octets { files[log][octet] = 0 }
                let store = try TemporaryStore(files, at: self.now)
                let stream = try store.open(grid: self.grid, self.policy)
                let hit = records[range].map { [$0.publication.segment.slot, Int64($0.publication.part.index)] }
                let left = self.published.filter { !hit.contains([$0.segment.slot, Int64($0.part.index)]) }
                // A header whose every record is gone is made up: start and samples may differ in what steering did.
                let known = stream.archive.differing(from: left).filter { publication in
                    !hit.contains { $0[0] == publication.segment.slot }
                }
                #expect(known.isEmpty, "\(log) \(range)")
                for slot in Set(hit.map { $0[0] }) {
                    let last = try #require(stream.archive.summary(ofSlot: slot))
                    let next = try #require(stream.archive.summary(ofSlot: slot + 1))
                    #expect(next.header.firstSample == last.header.firstSample + last.sampleCount, "\(log) \(range)")
                }
                await store.close(stream)
            }
        }
    }

    @Test("a disk that cannot read some octets at the start costs the records there, and the server starts")
    func unreadableOctets() async throws {
        let last = try #require(self.files.logs.last)
        let record = self.records(of: last)[2]
        let disk = FaultyDisk()
        disk.fail(
            .init(
                call: .read,
                suffix: last,
                number: 5,
                offsets: record.octets.lowerBound + 30..<record.octets.upperBound
            )
        )
        let store = try TemporaryStore(self.files, disk: disk, at: self.now)
        let stream = try store.open(grid: self.grid, self.policy)
        let differing = stream.archive.differing(from: self.published)
        #expect(differing.contains { $0.part.slot == record.publication.part.slot } && differing.count <= 6)
        await store.close(stream)
    }
}

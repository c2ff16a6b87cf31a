// Stream+Rewind: a stream's rewind as a whole, for the API.

package import Archive
internal import DequeModule
package import Segmenter

extension Stream {
    /// Loads a segment, from memory or from disk; `nil` for one that is not there.
    package func segment(_ slot: Int64) async -> Segment? {
        switch self.store.segment(slot) {
        case .found(let segment):
            return segment
        case .archived(let archive):
            return await withCheckedContinuation { continuation in
                archive.load(slot) { continuation.resume(returning: $0) }
            }
        case .notYet, .expired:
            return nil
        }
    }

    /// Takes in what lies in a file before the oldest audio; blocks until it is done.
    ///
    /// Returns the seconds and the parts that were taken.
    package func takeIn(_ file: RewindImport) throws(ArchiveError) -> (seconds: Double, parts: Int) {
        guard let stored = self.stored else { return try self.takeIntoMemory(file) }
        var backfill = try stored.backfill()
        do throws(ArchiveError) {
            try file.read { parts throws(ArchiveError) in
                try self.checkCodec(of: parts)
                try backfill.append(parts)
            }
        } catch {
            backfill.abandon()
            throw error
        }
        backfill.finish()
        if let last = stored.archive.slots?.upperBound, let newest = stored.archive.segment(last) {
            self.store.restore(newest)
            self.onFeed { $0.goOn(from: newest) }
        }
        return (Double(backfill.milliseconds) / 1_000, backfill.partCount)
    }

    /// A stream keeps its codec: players lose audio when it changes (time-and-hls, rule 12).
    private func checkCodec(of parts: [Publication]) throws(ArchiveError) {
        guard let codec = self.feedStatus.format?.codec ?? self.store.newest?.header.format.codec,
            let other = parts.first(where: { $0.segment.format.codec != codec })
        else { return }
        throw ArchiveError(
            .conflict,
            "this stream's audio is \(codec.title), the import has \(other.segment.format.codec.title)"
        )
    }

    /// Puts older segments before those in memory, with silence between; only as many as the window holds.
    private func takeIntoMemory(_ file: RewindImport) throws(ArchiveError) -> (seconds: Double, parts: Int) {
        let first = self.store.slots?.lowerBound
        var segments: Deque<Segment> = []
        try file.read { parts throws(ArchiveError) in
            try self.checkCodec(of: parts)
            for part in parts where first.map({ part.segment.slot < $0 }) ?? true {
                self.add(part, to: &segments)
            }
        }
        let taken = segments
        if let first, let last = segments.last { self.fill(behind: last, upTo: first, &segments) }
        self.store.prepend(Array(segments))
        if first == nil, let newest = segments.last { self.onFeed { $0.goOn(from: newest) } }
        let samples = taken.reduce(0.0) { $0 + Double($1.sampleCount) / Double($1.header.format.sampleRate) }
        return (samples, taken.reduce(0) { $0 + $1.parts.count })
    }

    private func add(_ part: Publication, to segments: inout Deque<Segment>) {
        if let last = segments.last, last.slot != part.segment.slot {
            self.fill(behind: last, upTo: part.segment.slot, &segments)
        }
        if segments.last?.slot != part.segment.slot {
            segments.append(Segment(header: part.segment, partCount: self.store.grid.partsPerSlot))
            if segments.count > self.store.depth { segments.removeFirst() }
        }
        segments[segments.count - 1].append(part.part, isLast: part.completesSegment)
    }

    /// Puts silence between two stretches of audio.
    private func fill(behind last: Segment, upTo slot: Int64, _ segments: inout Deque<Segment>) {
        guard last.slot + 1 < slot, let silence = last.silence else { return }
        let first = last.header.following(samples: last.sampleCount)
        let run = SilentRun(first: first, silence: silence, grid: self.store.grid)
        for silent in max(last.slot + 1, slot - Int64(self.store.depth))..<slot {
            segments.append(run.segment(silent))
            if segments.count > self.store.depth { segments.removeFirst() }
        }
    }
}

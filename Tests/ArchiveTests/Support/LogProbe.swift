// LogProbe: one log file that a test damages, and what is read from it then.

import Foundation
import NIOCore
import Segmenter
import Testing

@testable import Archive

/// One log file that a test damages, and what is read from it then, beside what was published.
final class LogProbe {
    /// What became of the parts.
    struct Outcome: Equatable {
        var right = 0
        var silent = 0
        /// Parts with audio that nobody published: there must be none, ever.
        var wrong = 0
    }

    let published: [Publication]
    let grid: SlotGrid
    /// The file as it was written.
    let bytes: [UInt8]
    /// Where the records begin, and where the file ends.
    let boundaries: [Int]
    let path: String
    private let disk = SystemDisk()
    private let file: Int32
    private var places: [Int64: [Int: Part]] = [:]

    /// Writes a log with the writer of the server.
    init(_ published: [Publication], grid: SlotGrid) throws {
        let directory = FileManager.default.temporaryDirectory.path
        let first = try #require(published.first)
        let (log, header) = try LogFile.begin(
            with: first,
            in: directory,
            grid: grid,
            created: first.segment.start,
            on: self.disk
        )
        var offset = header.length
        var boundaries = [offset]
        for publication in published {
            offset += try log.write(PartRecord(publication), at: offset).head.recordLength
            boundaries.append(offset)
            self.places[publication.segment.slot, default: [:]][publication.part.index] = publication.part
        }
        self.published = published
        self.grid = grid
        self.boundaries = boundaries
        self.path = "\(directory)/\(UUID().uuidString).log"
        try self.disk.rename(log.path, to: self.path)
        self.file = try self.disk.open(self.path, .writing)
        self.bytes = Array(try self.disk.contents(of: self.path).readableBytesView)
    }

    deinit {
        self.disk.close(self.file)
        try? self.disk.remove(self.path)
    }

    var firstSlot: Int64 { self.published.first?.segment.slot ?? 0 }

    /// Replaces the file's contents.
    func store(_ bytes: [UInt8]) throws {
        try self.disk.truncate(self.file, to: bytes.count)
        try self.disk.writeAll(self.file, [ByteBuffer(bytes: bytes)], at: 0)
    }

    func scan(_ header: LogHeader? = nil, checkingFrom: Int = .max) throws -> LogScan? {
        try LogScan(
            self.disk,
            self.file,
            firstSlot: self.firstSlot,
            grid: self.grid,
            header: header,
            checkingFrom: checkingFrom
        )
    }

    /// Reads all that a catalog lists, as the archive's readers do.
    func outcome(of catalog: FileCatalog) -> Outcome {
        var outcome = Outcome()
        let file = ArchivedFile(path: self.path, catalog: catalog, outline: nil)
        guard let slots = file.slots else { return outcome }
        for slot in slots {
            guard let reader = RecordReader(file, slot: slot, isOpen: false) else { continue }
            for part in reader.read(reader.all, self.disk, self.file).parts {
                if part.firstAudibleFrame() == nil {
                    outcome.silent += 1
                } else if let known = self.places[slot]?[part.index], known.isSame(as: part) {
                    outcome.right += 1
                } else {
                    outcome.wrong += 1
                }
            }
        }
        return outcome
    }
}

extension LogProbe {
    /// A log of a few hundred octets: parts of a second, frames of 128 ms.
    static func small(segments: Int = 3) throws -> LogProbe {
        let grid = try #require(SlotGrid(segmentMilliseconds: 2_000, partMilliseconds: 1_000))
        var broadcast = Broadcast(.aac(rate: 8_000), grid: grid)
        broadcast.play(seconds: 4)
        broadcast.announce("Small", url: "https://example.org")
        broadcast.play(seconds: Double(segments) * 2 + 4)
        return try LogProbe(broadcast.published.audible.segments(segments), grid: grid)
    }
}

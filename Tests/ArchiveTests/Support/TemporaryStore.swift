// TemporaryStore: a store on real files, in a directory that goes with the test.

import Foundation
import Logging
import NIOCore
import Segmenter
import Testing

@testable import Archive

/// A store on real files, in a directory that goes with the test.
///
/// A crash is a copy of the files as they are at that moment, opened by another store.
final class TemporaryStore: Sendable {
    let path: String
    let store: StoreDirectory
    let log = CapturedLog()

    private static var root: URL {
        FileManager.default.temporaryDirectory.appendingPathComponent("archive-tests-\(UUID().uuidString)")
    }

    /// Opens a new store, or `files` as another server left them; `now` is the station's time in microseconds.
    init(
        _ files: StoredFiles? = nil,
        largest: Int? = nil,
        disk: any Disk = SystemDisk(),
        at now: Int64 = Broadcast.start
    ) throws {
        let root = Self.root
        self.path = root.path
        try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
        if let files { try files.write(to: "\(root.path)/test-0badcafe") }
        self.store = try StoreDirectory(
            directory: root.path,
            largest: largest,
            disk: disk,
            now: { Timestamp(milliseconds: now / 1_000) },
            logger: self.log.logger
        )
    }

    deinit {
        try? FileManager.default.removeItem(atPath: self.path)
    }

    func open(
        _ name: String = "test",
        grid: SlotGrid = .standard,
        _ policy: LogPolicy = .init()
    ) throws -> ArchivedStream {
        try self.store.open(name, grid: grid, policy: policy)
    }

    /// Ends the threads, as a server does that is told to stop.
    func close(_ streams: ArchivedStream...) async {
        await self.store.close(streams)
    }

    func close(_ streams: [ArchivedStream]) async {
        await self.store.close(streams)
    }
}

extension ArchivedStream {
    /// Writes parts and returns how many wait.
    @discardableResult
    func write(_ parts: some Sequence<Publication>) async -> Int {
        await withCheckedContinuation { continuation in
            self.append(Array(parts)) { continuation.resume(returning: $0) }
        }
    }

    /// The files as they are now.
    func files() throws -> StoredFiles { try StoredFiles(self.archive.directory) }
}

/// The files of a stream's directory, to be damaged and opened again.
struct StoredFiles {
    var contents: [String: [UInt8]] = [:]

    init(_ directory: String) throws {
        for name in try FileManager.default.contentsOfDirectory(atPath: directory) {
            guard let data = FileManager.default.contents(atPath: "\(directory)/\(name)") else { continue }
            self.contents[name] = [UInt8](data)
        }
    }

    /// The names of the logs, oldest first.
    var logs: [String] {
        self.contents.keys.filter { $0.hasSuffix(".log") }.sorted {
            (Int64($0.dropLast(4)) ?? 0) < (Int64($1.dropLast(4)) ?? 0)
        }
    }

    var indexes: [String] { self.contents.keys.filter { $0.hasSuffix(".idx") } }

    subscript(_ name: String) -> [UInt8] {
        get { self.contents[name] ?? [] }
        set { self.contents[name] = newValue }
    }

    func write(to directory: String) throws {
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        for (name, bytes) in self.contents {
            try Data(bytes).write(to: URL(fileURLWithPath: "\(directory)/\(name)"))
        }
    }

    /// Where the records of a log begin, and where it ends.
    func boundaries(of log: String) -> [Int] {
        var reader = ByteBuffer(bytes: self[log])
        guard LogHeader(&reader) != nil else { return [] }
        var places = [reader.readerIndex]
        while let head = RecordHead(&reader) {
            reader.moveReaderIndex(forwardBy: head.descriptionLength + head.audioLength)
            places.append(reader.readerIndex)
        }
        return places
    }
}

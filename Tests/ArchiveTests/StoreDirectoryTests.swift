// StoreDirectoryTests: the directory of all streams.

import Foundation
import NIOCore
import Segmenter
import Testing

@testable import Archive

@Suite struct StoreDirectoryTests {
    private func failure(_ body: () throws -> Void) -> ArchiveError? {
        do {
            try body()
            return nil
        } catch {
            return error as? ArchiveError
        }
    }

    @Test("a stream has one directory, found by the name in its label, and streams do not meet")
    func directories() async throws {
        let store = try TemporaryStore()
        let (one, two) = (try store.open("one"), try store.open("two"))
        var broadcast = Broadcast()
        broadcast.play(seconds: 12)
        await one.write(broadcast.published)
        #expect(two.archive.slots == nil && one.archive.slots != nil)
        let names = try FileManager.default.contentsOfDirectory(atPath: store.path).sorted()
        #expect(names.count == 2)
        #expect(names.allSatisfy { $0.wholeMatch(of: /(one|two)-[0-9a-f]{8}/) != nil })
        #expect(one.archive.directory == "\(store.path)/\(names[0])")
        await store.close(one, two)
    }

    @Test("the grid of what is stored wins over the one that is asked for")
    func grid() async throws {
        let small = try #require(Broadcast.smallGrid)
        let first = try TemporaryStore()
        let stream = try first.open(grid: small)
        let files = try stream.files()
        await first.close(stream)
        let second = try TemporaryStore(files)
        let again = try second.open(grid: .standard)
        #expect(again.grid == small)
        await second.close(again)
    }

    @Test("audio that another server has open is refused with the reason, and free when that one is gone")
    func lock() async throws {
        let first = try TemporaryStore()
        var holder: ArchivedStream? = try first.open()
        let directory = try #require(holder?.archive.directory)
        let second = try StoreDirectory(
            directory: first.path,
            largest: nil,
            now: { Timestamp(milliseconds: 0) },
            logger: first.log.logger
        )
        let error = self.failure { _ = try second.open("test", grid: .standard, policy: .init()) }
        #expect(error?.code == .locked)
        #expect(error?.message == "another server has the audio of test open, in \(directory)")
        if let stream = holder { await first.close(stream) }
        holder = nil
        let stream = try second.open("test", grid: .standard, policy: .init())
        #expect(stream.archive.directory == directory)
        await second.close([stream])
    }

    @Test(
        "a label that is damaged, of another version or of an impossible grid is an error that names the file"
    )
    func damagedLabel() async throws {
        let first = try TemporaryStore()
        let stream = try first.open()
        let files = try stream.files()
        await first.close(stream)
        let text = String(decoding: files["stream.json"], as: UTF8.self)
        let labels = [
            "", "{", "[]", String(text.dropLast(9)), text.replacing("\"version\" : 1", with: "\"version\" : 2"),
            text.replacing("960", with: "961"), text.replacing("5760", with: "-5760"),
            text.replacing("5760", with: "1e99"),
        ]
        for label in labels {
            #expect(label != text)
            var damaged = files
            damaged["stream.json"] = Array(label.utf8)
            let store = try TemporaryStore(damaged)
            let error = self.failure { _ = try store.open() }
            #expect(error?.code == .unreadable)
            #expect(error?.message.hasSuffix("stream.json is not a stream's label of version 1") == true)
            await store.close()
        }
    }

    @Test("a label that cannot be read is not taken for none")
    func unreadableLabel() async throws {
        let first = try TemporaryStore()
        let stream = try first.open()
        let files = try stream.files()
        await first.close(stream)
        let disk = FaultyDisk()
        disk.fail(.init(call: .read, suffix: ".json", number: 5))
        let store = try TemporaryStore(files, disk: disk)
        let error = self.failure { _ = try store.open() }
        #expect(error?.code == .unreadable && error?.message.contains("Input/output error") == true)
        #expect(try FileManager.default.contentsOfDirectory(atPath: store.path).count == 1)
        await store.close()
    }

    @Test("a directory that cannot be made is said with its path")
    func noDirectory() throws {
        let store = try TemporaryStore()
        let file = "\(store.path)/file"
        try Data("x".utf8).write(to: URL(fileURLWithPath: file))
        let error = self.failure {
            _ = try StoreDirectory(
                directory: "\(file)/below",
                largest: nil,
                now: { Timestamp(milliseconds: 0) },
                logger: store.log.logger
            )
        }
        #expect(error?.code == .unreadable)
        #expect(error?.message.hasPrefix("store.dir: ") == true && error?.message.contains(file) == true)
    }

    @Test("directories that are no streams', and files with other names, are left alone")
    func strangers() async throws {
        let first = try TemporaryStore()
        let stream = try first.open()
        var files = try stream.files()
        await first.close(stream)
        for name in ["notes.txt", "+12.log", "007.log", "x.log", ".log"] { files[name] = Array("mine".utf8) }
        let store = try TemporaryStore(files)
        try FileManager.default.createDirectory(atPath: "\(store.path)/lost+found", withIntermediateDirectories: false)
        let again = try store.open()
        #expect(again.archive.slots == nil && store.log.complaints.isEmpty)
        await store.close(again)
        for name in ["notes.txt", "+12.log", "007.log", "x.log", ".log"] {
            #expect(try again.files()[name] == files[name])
        }
    }
}

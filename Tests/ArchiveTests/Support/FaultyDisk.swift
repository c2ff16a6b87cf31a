// FaultyDisk: the operating system's files, with the faults that a test wants.

import NIOCore
import Synchronization

@testable import Archive

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The operating system's files, with the faults that a test wants: failing calls, short ones, and a disk that is full.
final class FaultyDisk: Disk {
    enum Call: Hashable {
        case open, size, read, write, sync, truncate, rename, remove, makeDirectory, names, lock
    }

    /// A fault of the calls of one kind, on files whose path ends in `suffix`.
    struct Fault: Sendable {
        let call: Call
        var suffix = ".log"
        /// How many calls go well before the first that does not.
        var after = 0
        /// How many fail; all by default.
        var count = Int.max
        let number: Int32
        /// Octets from which on a read fails.
        var offsets: Range<Int> = 0..<Int.max
    }

    private struct State {
        var faults: [Fault] = []
        var paths: [Int32: String] = [:]
        var calls: [Call: Int] = [:]
        var room: Int?
        var longest = Int.max
    }

    private let disk = SystemDisk()
    private let state = Mutex(State())

    /// Lets calls fail.
    func fail(_ fault: Fault) {
        self.state.withLock { $0.faults.append(fault) }
    }

    /// Leaves room for so many octets; the write that finds less is short, the next one finds a full disk.
    func fill(upTo room: Int) {
        self.state.withLock { $0.room = room }
    }

    /// Makes every read and write move so many octets at most.
    func shorten(to longest: Int) {
        self.state.withLock { $0.longest = longest }
    }

    func heal() {
        self.state.withLock { state in
            state.faults = []
            state.room = nil
            state.longest = .max
        }
    }

    /// How many calls of a kind there were.
    func count(of call: Call) -> Int { self.state.withLock { $0.calls[call] ?? 0 } }

    private func check(_ call: Call, _ path: String, at offset: Int = 0) throws(DiskError) {
        let number = self.state.withLock { state -> Int32? in
            state.calls[call, default: 0] += 1
            for place in state.faults.indices
            where state.faults[place].call == call && path.hasSuffix(state.faults[place].suffix)
                && state.faults[place].offsets.contains(offset)
            {
                if state.faults[place].after > 0 {
                    state.faults[place].after -= 1
                } else if state.faults[place].count > 0 {
                    state.faults[place].count -= 1
                    return state.faults[place].number
                }
            }
            return nil
        }
        if let number { throw DiskError("\(call)", number) }
    }

    private func path(_ file: Int32) -> String { self.state.withLock { $0.paths[file] ?? "" } }

    func open(_ path: String, _ access: DiskAccess) throws(DiskError) -> Int32 {
        try self.check(.open, path)
        let file = try self.disk.open(path, access)
        self.state.withLock { $0.paths[file] = path }
        return file
    }

    func close(_ file: Int32) { self.disk.close(file) }

    func size(of file: Int32) throws(DiskError) -> Int {
        try self.check(.size, self.path(file))
        return try self.disk.size(of: file)
    }

    func read(_ file: Int32, into memory: UnsafeMutableRawBufferPointer, at offset: Int) throws(DiskError) -> Int {
        let count = min(memory.count, self.state.withLock { $0.longest })
        // A read that touches an octet that cannot be read ends before it, or fails when it begins there.
        let bad = self.state.withLock { state -> Int? in
            state.faults.filter { $0.call == .read && $0.count > 0 && $0.after == 0 }.map(\.offsets.lowerBound)
                .filter { $0 > offset && $0 < offset + count }.min()
        }
        try self.check(.read, self.path(file), at: offset)
        let most = bad.map { $0 - offset } ?? count
        return try self.disk.read(file, into: UnsafeMutableRawBufferPointer(rebasing: memory[..<most]), at: offset)
    }

    func write(_ file: Int32, _ pieces: [UnsafeRawBufferPointer], at offset: Int) throws(DiskError) -> Int {
        let path = self.path(file)
        try self.check(.write, path)
        let total = pieces.reduce(0) { $0 + $1.count }
        let most = try self.state.withLock { state throws(DiskError) -> Int in
            let most = min(total, state.longest)
            guard let room = state.room, path.hasSuffix(".log") else { return most }
            guard room > 0 else { throw DiskError("write", ENOSPC) }
            state.room = room - min(room, most)
            return min(room, most)
        }
        return try self.disk.write(file, Self.prefix(of: pieces, most), at: offset)
    }

    private static func prefix(of pieces: [UnsafeRawBufferPointer], _ count: Int) -> [UnsafeRawBufferPointer] {
        var left = count
        return pieces.map { piece in
            let taken = min(left, piece.count)
            left -= taken
            return UnsafeRawBufferPointer(rebasing: piece[..<taken])
        }
    }

    func sync(_ file: Int32) throws(DiskError) {
        try self.check(.sync, self.path(file))
    }

    func truncate(_ file: Int32, to size: Int) throws(DiskError) {
        try self.check(.truncate, self.path(file))
        try self.disk.truncate(file, to: size)
    }

    func rename(_ path: String, to other: String) throws(DiskError) {
        try self.check(.rename, other)
        try self.disk.rename(path, to: other)
    }

    func remove(_ path: String) throws(DiskError) {
        try self.check(.remove, path)
        try self.disk.remove(path)
    }

    func removeDirectory(_ path: String) throws(DiskError) {
        try self.disk.removeDirectory(path)
    }

    func makeDirectory(_ path: String) throws(DiskError) {
        try self.check(.makeDirectory, path)
        try self.disk.makeDirectory(path)
    }

    func names(in directory: String) throws(DiskError) -> [String] {
        try self.check(.names, directory)
        return try self.disk.names(in: directory)
    }

    func lock(_ file: Int32) throws(DiskError) -> Bool {
        try self.check(.lock, self.path(file))
        return try self.disk.lock(file)
    }
}

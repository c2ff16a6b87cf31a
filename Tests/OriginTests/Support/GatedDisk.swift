// GatedDisk: the operating system's files, which take as long as the test wants, or fail.

import Archive

/// The operating system's files: writes and reads wait while their gate is shut, and fail while they are told to.
final class GatedDisk: Disk {
    let writes = Gate()
    let reads = Gate()
    private let disk = SystemDisk()

    func open(_ path: String, _ access: DiskAccess) throws(DiskError) -> Int32 { try self.disk.open(path, access) }
    func close(_ file: Int32) { self.disk.close(file) }
    func size(of file: Int32) throws(DiskError) -> Int { try self.disk.size(of: file) }

    func read(_ file: Int32, into memory: UnsafeMutableRawBufferPointer, at offset: Int) throws(DiskError) -> Int {
        if let error = self.reads.pass() { throw error }
        return try self.disk.read(file, into: memory, at: offset)
    }

    func write(_ file: Int32, _ pieces: [UnsafeRawBufferPointer], at offset: Int) throws(DiskError) -> Int {
        if let error = self.writes.pass() { throw error }
        return try self.disk.write(file, pieces, at: offset)
    }

    func sync(_ file: Int32) throws(DiskError) { try self.disk.sync(file) }
    func truncate(_ file: Int32, to size: Int) throws(DiskError) { try self.disk.truncate(file, to: size) }
    func rename(_ path: String, to other: String) throws(DiskError) { try self.disk.rename(path, to: other) }
    func remove(_ path: String) throws(DiskError) { try self.disk.remove(path) }
    func removeDirectory(_ path: String) throws(DiskError) { try self.disk.removeDirectory(path) }
    func makeDirectory(_ path: String) throws(DiskError) { try self.disk.makeDirectory(path) }
    func names(in directory: String) throws(DiskError) -> [String] { try self.disk.names(in: directory) }
    func lock(_ file: Int32) throws(DiskError) -> Bool { try self.disk.lock(file) }
}

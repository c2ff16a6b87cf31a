// Disk: the calls on files that may fail.

/// The calls on files that the archive makes: the real ones, or a test's, which fail where it wants.
///
/// Descriptors are the operating system's. Reads and writes may be short, as the system's are.
package protocol Disk: Sendable {
    /// Opens a file for reading, and for writing where `access` says so.
    func open(_ path: String, _ access: DiskAccess) throws(DiskError) -> Int32
    func close(_ file: Int32)
    func size(of file: Int32) throws(DiskError) -> Int
    /// Reads at an offset; 0 octets at the file's end.
    func read(_ file: Int32, into memory: UnsafeMutableRawBufferPointer, at offset: Int) throws(DiskError) -> Int
    /// Writes one piece of memory behind the other at an offset; the answer may be less than all.
    func write(_ file: Int32, _ pieces: [UnsafeRawBufferPointer], at offset: Int) throws(DiskError) -> Int
    /// Makes what was written survive a loss of power.
    func sync(_ file: Int32) throws(DiskError)
    func truncate(_ file: Int32, to size: Int) throws(DiskError)
    func rename(_ path: String, to other: String) throws(DiskError)
    func remove(_ path: String) throws(DiskError)
    func removeDirectory(_ path: String) throws(DiskError)
    func makeDirectory(_ path: String) throws(DiskError)
    /// The names in a directory, sorted.
    func names(in directory: String) throws(DiskError) -> [String]
    /// Takes the one lock of a file, for as long as it is open; `false` when someone else has it.
    func lock(_ file: Int32) throws(DiskError) -> Bool
}

/// What a file is opened for.
package enum DiskAccess: Sendable {
    case reading
    /// Reading and writing; the file is made if it is not there.
    case writing
    /// As `writing`, but emptied.
    case replacing
}

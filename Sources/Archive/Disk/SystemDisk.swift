// SystemDisk: the operating system's files.

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#else
internal import Darwin
#endif

/// The operating system's files.
package struct SystemDisk: Disk {
    package init() {}

    package func open(_ path: String, _ access: DiskAccess) throws(DiskError) -> Int32 {
        let flags: Int32 =
            switch access {
            case .reading: O_RDONLY
            case .writing: O_RDWR | O_CREAT
            case .replacing: O_RDWR | O_CREAT | O_TRUNC
            }
        return Int32(try Self.check("open \(path)") { Int(Self.systemOpen(path, flags | O_CLOEXEC, 0o644)) })
    }

    package func close(_ file: Int32) {
        // An error of close says nothing that sync has not said.
        _ = Self.systemClose(file)
    }

    package func size(of file: Int32) throws(DiskError) -> Int {
        var status = stat()
        try Self.check("look at a file") { Int(fstat(file, &status)) }
        return Int(status.st_size)
    }

    package func read(
        _ file: Int32,
        into memory: UnsafeMutableRawBufferPointer,
        at offset: Int
    ) throws(DiskError) -> Int {
        try Self.check("read") { pread(file, memory.baseAddress, memory.count, off_t(offset)) }
    }

    package func write(_ file: Int32, _ pieces: [UnsafeRawBufferPointer], at offset: Int) throws(DiskError) -> Int {
        let vectors = pieces.map {
            iovec(iov_base: UnsafeMutableRawPointer(mutating: $0.baseAddress), iov_len: $0.count)
        }
        return try Self.check("write") { pwritev(file, vectors, Int32(vectors.count), off_t(offset)) }
    }

    package func sync(_ file: Int32) throws(DiskError) {
        #if canImport(Darwin)
        try Self.check("sync") { Int(fsync(file)) }
        #else
        try Self.check("sync") { Int(fdatasync(file)) }
        #endif
    }

    package func truncate(_ file: Int32, to size: Int) throws(DiskError) {
        try Self.check("truncate") { Int(ftruncate(file, off_t(size))) }
    }

    package func rename(_ path: String, to other: String) throws(DiskError) {
        try Self.check("rename \(path)") { Int(Self.systemRename(path, other)) }
    }

    package func remove(_ path: String) throws(DiskError) {
        try Self.check("remove \(path)") { Int(unlink(path)) }
    }

    package func removeDirectory(_ path: String) throws(DiskError) {
        try Self.check("remove \(path)") { Int(rmdir(path)) }
    }

    package func makeDirectory(_ path: String) throws(DiskError) {
        do {
            try Self.check("make directory \(path)") { Int(mkdir(path, 0o755)) }
        } catch {
            guard error.number == EEXIST else { throw error }
        }
    }

    package func names(in directory: String) throws(DiskError) -> [String] {
        guard let handle = opendir(directory) else { throw DiskError("list \(directory)", errno) }
        defer { closedir(handle) }
        var names: [String] = []
        while let entry = readdir(handle) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    package func lock(_ file: Int32) throws(DiskError) -> Bool {
        do {
            try Self.check("lock") { Int(flock(file, LOCK_EX | LOCK_NB)) }
            return true
        } catch {
            guard error.number == EWOULDBLOCK else { throw error }
            return false
        }
    }

    /// Makes a call, again when a signal interrupted it.
    @discardableResult
    private static func check(_ operation: String, _ call: () -> Int) throws(DiskError) -> Int {
        while true {
            let result = call()
            if result >= 0 { return result }
            let number = errno
            guard number == EINTR else { throw DiskError(operation, number) }
        }
    }

    // The protocol's names hide the system's inside this type.

    private static func systemOpen(_ path: String, _ flags: Int32, _ mode: mode_t) -> Int32 {
        #if canImport(Glibc)
        Glibc.open(path, flags, mode)
        #elseif canImport(Musl)
        Musl.open(path, flags, mode)
        #else
        Darwin.open(path, flags, mode)
        #endif
    }

    private static func systemClose(_ file: Int32) -> Int32 {
        #if canImport(Glibc)
        Glibc.close(file)
        #elseif canImport(Musl)
        Musl.close(file)
        #else
        Darwin.close(file)
        #endif
    }

    private static func systemRename(_ path: String, _ other: String) -> Int32 {
        #if canImport(Glibc)
        Glibc.rename(path, other)
        #elseif canImport(Musl)
        Musl.rename(path, other)
        #else
        Darwin.rename(path, other)
        #endif
    }
}

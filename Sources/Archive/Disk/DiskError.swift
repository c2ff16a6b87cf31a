// DiskError: a call on a file that failed.

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#else
internal import Darwin
#endif

/// A call on a file that failed, with the system's error number.
package struct DiskError: Error, Hashable, CustomStringConvertible {
    package let operation: String
    /// The system's `errno`.
    package let number: Int32

    package init(_ operation: String, _ number: Int32) {
        self.operation = operation
        self.number = number
    }

    /// Whether the failure is that there is no such file.
    var isNoSuchFile: Bool { self.number == ENOENT || self.number == ENOTDIR }

    package var description: String { "cannot \(self.operation): \(String(cString: strerror(self.number)))" }
}

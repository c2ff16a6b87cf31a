// MappedFile: an open log file, and which of its pages are in memory.

internal import NIOCore
internal import Segmenter

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#else
internal import Darwin
#endif

/// An open log file, and which of its pages are in memory.
///
/// The file is mapped only to be asked about (`mincore`): nothing is ever read through the mapping, where a fault would block a
/// thread, or a truncated file end the process.
final class MappedFile: Sendable {
    /// What a file may still grow after it was mapped: addresses cost nothing.
    private static let room = 256 * 1_024 * 1_024

    let stored: StoredFile
    let descriptor: Int32
    private let address: UInt
    private let length: Int

    /// Takes over an open descriptor of a file that has `size` octets.
    init?(descriptor: Int32, size: Int) {
        let length = size + Self.room
        guard let address = mmap(nil, length, PROT_READ, MAP_SHARED, descriptor, 0), address != MAP_FAILED else {
            return nil
        }
        self.address = UInt(bitPattern: address)
        self.length = length
        self.descriptor = descriptor
        self.stored = StoredFile(NIOFileHandle(_deprecatedTakingOwnershipOfDescriptor: descriptor))
    }

    deinit {
        munmap(UnsafeMutableRawPointer(bitPattern: self.address), self.length)
    }

    /// Whether some octets can be read without waiting for the disk.
    func isResident(_ octets: Range<Int>) -> Bool {
        guard !octets.isEmpty, octets.upperBound <= self.length else { return false }
        let page = Int(getpagesize())
        let first = octets.lowerBound / page
        let count = (octets.upperBound + page - 1) / page - first
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: count) { pages in
            let start = UnsafeMutableRawPointer(bitPattern: self.address + UInt(first * page))
            guard mincore(start, count * page, pages.baseAddress) == 0 else { return false }
            return pages.allSatisfy { $0 & 1 == 1 }
        }
    }
}

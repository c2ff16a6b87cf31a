// Disk+Whole: reads and writes that are not short.

package import NIOCore

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#else
internal import Darwin
#endif

extension Disk {
    /// Reads `count` octets, or as many as there are up to the file's end.
    func bytes(_ file: Int32, at offset: Int, count: Int) throws(DiskError) -> ByteBuffer {
        var buffer = ByteBuffer()
        guard count > 0 else { return buffer }
        buffer.reserveCapacity(count)
        var failure: DiskError?
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { memory in
            var done = 0
            do throws(DiskError) {
                while done < count {
                    let piece = UnsafeMutableRawBufferPointer(rebasing: memory[done..<count])
                    let read = try self.read(file, into: piece, at: offset + done)
                    guard read > 0 else { break }
                    done += read
                }
            } catch {
                failure = error
            }
            return done
        }
        if let failure { throw failure }
        return buffer
    }

    /// Reads a whole file.
    func contents(of path: String) throws(DiskError) -> ByteBuffer {
        let file = try self.open(path, .reading)
        defer { self.close(file) }
        return try self.bytes(file, at: 0, count: self.size(of: file))
    }

    /// Writes all of some buffers, one behind the other.
    package func writeAll(_ file: Int32, _ buffers: [ByteBuffer], at offset: Int) throws(DiskError) {
        let total = buffers.reduce(0) { $0 + $1.readableBytes }
        var done = 0
        while done < total {
            let written = try Self.withPieces(buffers, from: done) { pieces throws(DiskError) in
                try self.write(file, pieces, at: offset + done)
            }
            // A disk that takes nothing without an error is full.
            guard written > 0 else { throw DiskError("write", ENOSPC) }
            done += written
        }
    }

    /// Replaces a file as a whole: whoever opens it finds the old contents or the new ones.
    func replace(_ path: String, with contents: ByteBuffer) throws(DiskError) {
        let temporary = path + ".new"
        let file = try self.open(temporary, .replacing)
        do throws(DiskError) {
            try self.writeAll(file, [contents], at: 0)
            try self.sync(file)
            try self.rename(temporary, to: path)
        } catch {
            self.close(file)
            try? self.remove(temporary)
            throw error
        }
        self.close(file)
    }

    private static func withPieces(
        _ buffers: [ByteBuffer],
        from start: Int,
        _ body: ([UnsafeRawBufferPointer]) throws(DiskError) -> Int
    ) throws(DiskError) -> Int {
        var pieces: [UnsafeRawBufferPointer] = []
        func gather(_ rest: ArraySlice<ByteBuffer>, _ skip: Int) throws(DiskError) -> Int {
            guard let first = rest.first else { return try body(pieces) }
            let length = first.readableBytes
            guard skip < length else { return try gather(rest.dropFirst(), skip - length) }
            var result: Result<Int, DiskError> = .success(0)
            first.withUnsafeReadableBytes { memory in
                pieces.append(UnsafeRawBufferPointer(rebasing: memory[skip...]))
                do throws(DiskError) {
                    result = .success(try gather(rest.dropFirst(), 0))
                } catch {
                    result = .failure(error)
                }
            }
            return try result.get()
        }
        return try gather(buffers[...], start)
    }
}

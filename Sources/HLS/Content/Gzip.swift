// Gzip: content compressed once, for all who accept it so.

import CZlib
package import NIOCore

/// Compression of finished content with the coding `gzip` (RFC 1952).
package enum Gzip {
    /// zlib's own middle: a playlist of 15 minutes shrinks no more above it.
    package static let defaultLevel: Int32 = 6
    /// A window of 32 KiB, plus 16, by which zlib writes gzip in place of its own format.
    private static let gzipWindowBits: Int32 = 15 + 16
    private static let defaultMemoryLevel: Int32 = 8

    /// Compresses `content`, or returns `nil` if zlib cannot: then the content goes out as it is.
    ///
    /// The result depends on the content alone: no time of modification is written.
    package static func compress(_ content: ByteBuffer, level: Int32 = Self.defaultLevel) -> ByteBuffer? {
        var stream = z_stream()
        let status = deflateInit2_(
            &stream,
            level,
            Z_DEFLATED,
            Self.gzipWindowBits,
            Self.defaultMemoryLevel,
            Z_DEFAULT_STRATEGY,
            ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size)
        )
        guard status == Z_OK else { return nil }
        defer { deflateEnd(&stream) }

        guard let bound = Int(exactly: deflateBound(&stream, uLong(content.readableBytes))) else { return nil }
        var output = ByteBuffer()
        let isFinished = content.withUnsafeReadableBytes { input in
            self.deflateAll(input, of: &stream, to: &output, bound: bound)
        }
        return isFinished ? output : nil
    }

    /// Runs zlib once over all of the input: `deflateBound` promises that the output has room.
    private static func deflateAll(
        _ input: UnsafeRawBufferPointer,
        of stream: inout z_stream,
        to output: inout ByteBuffer,
        bound: Int
    ) -> Bool {
        guard let inputSize = uInt(exactly: input.count), let outputSize = uInt(exactly: bound) else { return false }
        var status = Z_STREAM_ERROR
        output.writeWithUnsafeMutableBytes(minimumWritableBytes: bound) { space in
            // zlib does not write to its input, although the C type would let it.
            stream.next_in = UnsafeMutablePointer(mutating: input.bindMemory(to: Bytef.self).baseAddress)
            stream.avail_in = inputSize
            stream.next_out = space.bindMemory(to: Bytef.self).baseAddress
            stream.avail_out = outputSize
            status = deflate(&stream, Z_FINISH)
            return bound - Int(stream.avail_out)
        }
        return status == Z_STREAM_END
    }
}

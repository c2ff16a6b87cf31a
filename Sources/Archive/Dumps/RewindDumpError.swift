// RewindDumpError: why bytes could not be read as a dump.

/// Why bytes could not be read as a StreamMachine dump: where, what is expected there, and how much could be read.
package struct RewindDumpError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kinds of failure.
    package struct Code: Hashable, Sendable {
        private enum Value { case empty, badHeader, badChunk, truncated }
        private let value: Value

        /// No bytes at all: StreamMachine's dump of a buffer without audio.
        package static let empty = Code(value: .empty)
        /// The bytes do not begin as a dump does.
        package static let badHeader = Code(value: .badHeader)
        /// What should be a chunk is none.
        package static let badChunk = Code(value: .badChunk)
        /// The dump ends too early.
        package static let truncated = Code(value: .truncated)
    }

    package let code: Code
    /// Where in the dump, in bytes.
    package let offset: Int
    /// Chunks before it that are whole: the newest ones.
    package let wholeChunks: Int
    package let message: String

    package var description: String { self.message }

    static let empty = RewindDumpError(
        code: .empty,
        offset: 0,
        wholeChunks: 0,
        message: "the dump has no bytes: that is how StreamMachine dumps a rewind buffer without audio"
    )

    static func badHeader(at offset: Int, expected: String) -> RewindDumpError {
        RewindDumpError(
            code: .badHeader,
            offset: offset,
            wholeChunks: 0,
            message: "byte \(offset): not a StreamMachine dump, expected \(expected)"
        )
    }

    /// Lengths that do not fit make the rest of a dump unreadable (StreamMachine's defect D-15).
    static func badChunk(at offset: Int, expected: String, after chunks: Int) -> RewindDumpError {
        RewindDumpError(
            code: .badChunk,
            offset: offset,
            wholeChunks: chunks,
            message: "byte \(offset): expected \(expected), after \(Self.counted(chunks)). StreamMachine writes"
                + " lengths of 8 and 16 bits, so a chunk of more than 65,535 bytes (320 kbit/s), or a title and URL of"
                + " more than about 150 bytes, spoils its dump from there on, which cannot be repaired"
        )
    }

    static func truncated(at offset: Int, expected: String, after chunks: Int) -> RewindDumpError {
        RewindDumpError(
            code: .truncated,
            offset: offset,
            wholeChunks: chunks,
            message: "byte \(offset): the dump ends too early, expected \(expected), after \(Self.counted(chunks))"
        )
    }

    private static func counted(_ chunks: Int) -> String {
        chunks == 1 ? "1 whole chunk" : "\(chunks) whole chunks"
    }
}

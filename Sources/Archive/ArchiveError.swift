// ArchiveError: why a store cannot be used.

/// Why a store cannot be used, in a sentence that an operator can act on.
package struct ArchiveError: Error, Hashable, CustomStringConvertible {
    package struct Code: Hashable, Sendable {
        private enum Value { case locked, unreadable, unknownStream, badInput, conflict }
        private let value: Value

        /// Another process has the stream's audio open for writing.
        package static let locked = Code(value: .locked)
        package static let unreadable = Code(value: .unreadable)
        package static let unknownStream = Code(value: .unknownStream)
        package static let badInput = Code(value: .badInput)
        package static let conflict = Code(value: .conflict)
    }

    package let code: Code
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { self.message }
}

// FillError: why a store could not be filled.

/// Why a store could not be filled, in a sentence.
struct FillError: Error, CustomStringConvertible {
    let message: String

    init(_ message: String) {
        self.message = message
    }

    var description: String { self.message }
}

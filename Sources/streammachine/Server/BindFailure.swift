// BindFailure: a port that could not be had.

/// A port that could not be had; the command exits with 2.
struct BindFailure: Error, CustomStringConvertible {
    let message: String
    var description: String { self.message }
}

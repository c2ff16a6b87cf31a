// Failure: why a command ended, with its exit code.

/// Why a command ended, as its last line says it: 1 configuration or usage, 2 a port that could not be bound, 70 internal.
struct Failure: Error {
    let message: String
    let exitCode: Int32

    static func configuration(_ message: String) -> Failure { Failure(message: message, exitCode: 1) }
    static func bind(_ message: String) -> Failure { Failure(message: message, exitCode: 2) }
    static func `internal`(_ message: String) -> Failure { Failure(message: message, exitCode: 70) }
}

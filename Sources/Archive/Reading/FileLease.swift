// FileLease: one download's hold on some files.

/// One download's hold on some files, for as long as it lives.
final class FileLease: Sendable {
    private let paths: [String]
    private let leases: FileLeases
    private let number: Int

    init(_ paths: [String], in leases: FileLeases) {
        self.paths = paths
        self.leases = leases
        self.number = leases.take(paths)
    }

    deinit {
        self.leases.release(self.number, self.paths)
    }
}

// TemporaryDirectory: a directory that goes with its test.

import Foundation

/// A directory that goes with its test.
final class TemporaryDirectory: Sendable {
    let path: String

    init() throws {
        let root = FileManager.default.temporaryDirectory.appendingPathComponent("origin-tests-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
        self.path = root.path
    }

    /// A directory with the same files: what another server finds, while this one still has its own open.
    func copy() throws -> TemporaryDirectory {
        let copy = try TemporaryDirectory()
        for name in try FileManager.default.contentsOfDirectory(atPath: self.path) {
            try FileManager.default.copyItem(atPath: "\(self.path)/\(name)", toPath: "\(copy.path)/\(name)")
        }
        return copy
    }

    deinit {
        try? FileManager.default.removeItem(atPath: self.path)
    }
}

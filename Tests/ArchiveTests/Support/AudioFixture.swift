// AudioFixture: recorded audio from `hls-fixtures`.

import Foundation

enum AudioFixture {
    /// A file of `hls-fixtures/audio`; `hls-fixtures/README.md` says how each was made.
    static func bytes(_ name: String, of test: String = #filePath) throws -> [UInt8] {
        var directory = URL(fileURLWithPath: test)
        while directory.lastPathComponent != "Tests" { directory.deleteLastPathComponent() }
        let file = directory.deletingLastPathComponent().appendingPathComponent("hls-fixtures/audio/\(name)")
        return [UInt8](try Data(contentsOf: file))
    }
}

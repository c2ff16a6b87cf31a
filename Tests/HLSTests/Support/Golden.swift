// Golden: playlists that were written from the rules by another program.

import Foundation

enum Golden {
    /// A file of `hls-fixtures/playlists`; `make.py` there writes them all.
    static func playlist(_ name: String, of test: String = #filePath) throws -> String {
        var directory = URL(fileURLWithPath: test)
        while directory.lastPathComponent != "Tests" { directory.deleteLastPathComponent() }
        let file = directory.deletingLastPathComponent().appendingPathComponent("hls-fixtures/playlists/\(name)")
        return try String(contentsOf: file, encoding: .utf8)
    }
}

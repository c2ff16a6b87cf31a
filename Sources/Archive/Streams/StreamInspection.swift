// StreamInspection: what a look at every record of a stream found.

package import Segmenter

/// What a look at every record of a stream found.
package struct StreamInspection: Sendable {
    /// One place that is damaged.
    package struct Damage: Sendable {
        package let file: String
        package let offset: Int
        package let length: Int
        /// Whether the file ends there: its last record was being written.
        package let isTail: Bool
    }

    package let files: Int
    package let octets: Int
    package let formats: [AudioFormat]
    /// What was on air, gaps and titles.
    package let outline: Outline
    package let damage: [Damage]
    /// Files of which nothing can be read.
    package let unreadable: [String]

    init(_ recovery: StreamRecovery, _ archive: StreamArchive) {
        self.files = recovery.found.count + recovery.unreadable.count
        self.octets = recovery.found.reduce(0) { $0 + $1.size }
        var formats: [AudioFormat] = []
        for found in recovery.found where formats.last != found.file.catalog.header.format {
            formats.append(found.file.catalog.header.format)
        }
        self.formats = formats
        self.outline = archive.slots.map { archive.outline(of: $0) } ?? Outline()
        self.damage = recovery.found.flatMap { found in
            found.damage.map {
                Damage(file: found.file.path, offset: $0.offset, length: $0.length, isTail: $0.isTail)
            }
        }
        self.unreadable = recovery.unreadable
    }

    /// Whether audio was lost to damage; a torn tail is only what was being written.
    package var isDamaged: Bool { !self.unreadable.isEmpty || self.damage.contains { !$0.isTail } }
}

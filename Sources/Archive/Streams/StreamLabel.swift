// StreamLabel: `stream.json`, which says whose audio a directory holds.

internal import FoundationEssentials
internal import NIOCore
package import Segmenter

/// `stream.json`: whose audio a directory holds, and on which grid; a stream that is renamed keeps its directory.
package struct StreamLabel: Codable, Hashable, Sendable {
    static let fileName = "stream.json"
    private static let currentVersion = 1

    let version: Int
    package var name: String
    let segmentMilliseconds: Int64
    let partMilliseconds: Int64

    private enum CodingKeys: String, CodingKey {
        case version
        case name
        case segmentMilliseconds = "segment_ms"
        case partMilliseconds = "part_ms"
    }

    init(name: String, grid: SlotGrid) {
        self.version = Self.currentVersion
        self.name = name
        self.segmentMilliseconds = grid.segmentMilliseconds
        self.partMilliseconds = grid.partMilliseconds
    }

    /// Reads the label of a directory; `nil` when it has none.
    init?(in directory: String, _ disk: any Disk) throws(ArchiveError) {
        let path = "\(directory)/\(Self.fileName)"
        let bytes: ByteBuffer
        do throws(DiskError) {
            bytes = try disk.contents(of: path)
        } catch {
            // One that is there and cannot be read must not be taken for none: its stream would begin anew elsewhere.
            guard error.isNoSuchFile else { throw ArchiveError(.unreadable, "\(path): \(error)") }
            return nil
        }
        guard let label = try? JSONDecoder().decode(StreamLabel.self, from: Data(bytes.readableBytesView)),
            label.version == Self.currentVersion, label.grid != nil
        else {
            throw ArchiveError(.unreadable, "\(path) is not a stream's label of version \(Self.currentVersion)")
        }
        self = label
    }

    package var grid: SlotGrid? {
        SlotGrid(segmentMilliseconds: self.segmentMilliseconds, partMilliseconds: self.partMilliseconds)
    }

    func write(to directory: String, _ disk: any Disk) throws(DiskError) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        guard let data = try? encoder.encode(self) else { return }
        try disk.replace("\(directory)/\(Self.fileName)", with: ByteBuffer(bytes: data))
    }
}

// StreamRecovery: what is found in a stream's directory.

internal import Logging
internal import NIOCore
package import Segmenter

/// What is found in a stream's directory, whatever happened to the process that wrote it.
///
/// Files with an index are opened by that; the others are read record by record. Nothing is changed here.
package struct StreamRecovery {
    /// One file as it was found.
    package struct Found: Sendable {
        let file: ArchivedFile
        /// Octets on disk: more than the catalog's where the tail is torn.
        let size: Int
        /// Whether it was opened by its index.
        let hasIndex: Bool
        let damage: [LogScan.Damage]
    }

    package private(set) var found: [Found] = []
    /// Files that were begun, and have not even a whole header.
    private(set) var begun: [String] = []
    /// Files of which nothing can be read.
    package private(set) var unreadable: [String] = []

    /// The tail whose audio is checked too: what a loss of power may not have left.
    private static let checkedTail = 1_024 * 1_024

    /// Looks at a directory; `grid` is what its label says.
    package init(directory: String, grid: SlotGrid, disk: any Disk, checksEverything: Bool = false) throws(DiskError) {
        let slots = try disk.names(in: directory).compactMap { name in
            name.hasSuffix(".log") ? Int64(name.dropLast(4)).flatMap { name == "\($0).log" ? $0 : nil } : nil
        }
        for slot in slots.sorted() {
            let path = ArchivedFile.path(in: directory, firstSlot: slot)
            let isLast = slot == slots.max()
            let file = try disk.open(path, .reading)
            defer { disk.close(file) }
            let found = try Self.look(path, file, slot: slot, grid, disk, isLast: isLast, checksEverything)
            if let found {
                self.found.append(found)
            } else if try LogScan.isBegun(disk, file) {
                self.begun.append(path)
            } else {
                self.unreadable.append(path)
            }
        }
    }

    private static func look(
        _ path: String,
        _ file: Int32,
        slot: Int64,
        _ grid: SlotGrid,
        _ disk: any Disk,
        isLast: Bool,
        _ checksEverything: Bool
    ) throws(DiskError) -> Found? {
        let size = try disk.size(of: file)
        let indexPath = String(path.dropLast(3)) + "idx"
        if !checksEverything, let bytes = try? disk.contents(of: indexPath),
            let index = FileIndex(bytes, logSize: size),
            index.catalog.firstSlot == slot
        {
            let known = ArchivedFile(path: path, catalog: index.catalog, outline: isLast ? index.outline : nil)
            return Found(file: known, size: size, hasIndex: true, damage: [])
        }
        let checked = checksEverything ? 0 : isLast ? size - Self.checkedTail : Int.max
        let header = (try? disk.contents(of: indexPath)).flatMap { FileIndex.header(in: $0) }
        guard let scan = try LogScan(disk, file, firstSlot: slot, grid: grid, header: header, checkingFrom: checked)
        else { return nil }
        let known = ArchivedFile(path: path, catalog: scan.catalog, outline: scan.outline)
        // Only the newest file can have been in the middle of a record: the end of any other was whole once.
        let damage = scan.damage.map {
            LogScan.Damage(offset: $0.offset, length: $0.length, isTail: $0.isTail && isLast)
        }
        return Found(file: known, size: size, hasIndex: false, damage: damage)
    }

    /// Says what is wrong, once for each place.
    func report(to logger: Logger) {
        for path in self.unreadable {
            logger.error(
                "a log of the store cannot be read and is set aside",
                metadata: ["file": "\(path)", "as": "\(path).damaged"]
            )
        }
        for found in self.found {
            for damage in found.damage {
                let place = "at offset \(damage.offset) of \(found.file.path), \(damage.length) octets"
                if damage.isTail {
                    logger.warning("torn record \(place): it was being written")
                } else {
                    logger.error("damaged record \(place): silence is served for it")
                }
            }
        }
    }
}

// StoreReader: a store that is only looked at.

internal import Logging
internal import NIOCore
internal import NIOPosix
package import Segmenter

/// A store that is only looked at, whether a server has it open or not.
package struct StoreReader {
    /// One stream of it.
    package struct Stream {
        package let label: StreamLabel
        package let directory: String
        package let grid: SlotGrid
    }

    package let streams: [Stream]
    private let disk: any Disk

    /// Looks into a directory.
    package init(directory: String, disk: any Disk = SystemDisk()) throws(ArchiveError) {
        self.disk = disk
        do {
            self.streams = try StoreDirectory.streams(in: directory, disk).compactMap { path, label in
                label.grid.map { Stream(label: label, directory: path, grid: $0) }
            }
        } catch let error as ArchiveError {
            throw error
        } catch {
            throw ArchiveError(.unreadable, "\(error)")
        }
        guard !self.streams.isEmpty else {
            throw ArchiveError(.unknownStream, "\(directory) holds no streams: give the directory that store.dir names")
        }
    }

    /// Finds a stream by its name.
    package func stream(_ name: String) throws(ArchiveError) -> Stream {
        guard let stream = self.streams.first(where: { $0.label.name == name }) else {
            let names = self.streams.map(\.label.name).joined(separator: ", ")
            throw ArchiveError(.unknownStream, "there is no stream \(name) in the store; there is \(names)")
        }
        return stream
    }

    /// Reads every record of a stream and checks it.
    package func inspect(_ stream: Stream) throws(ArchiveError) -> StreamInspection {
        do throws(DiskError) {
            let recovery = try StreamRecovery(
                directory: stream.directory,
                grid: stream.grid,
                disk: self.disk,
                checksEverything: true
            )
            return StreamInspection(recovery, self.archive(recovery, stream))
        } catch {
            throw ArchiveError(.unreadable, "\(stream.label.name): \(error)")
        }
    }

    /// Opens a stream's audio for look-ups by time.
    package func open(_ stream: Stream) throws(ArchiveError) -> (store: SegmentStore, archive: StreamArchive) {
        do throws(DiskError) {
            let recovery = try StreamRecovery(directory: stream.directory, grid: stream.grid, disk: self.disk)
            let archive = self.archive(recovery, stream)
            let newest = archive.slots.flatMap { archive.segment($0.upperBound) }
            let store = SegmentStore(
                grid: stream.grid,
                seconds: Int(Int32.max),
                hotSeconds: 60,
                archive: archive,
                newest: newest
            )
            return (store, archive)
        } catch {
            throw ArchiveError(.unreadable, "\(stream.label.name): \(error)")
        }
    }

    private func archive(_ recovery: StreamRecovery, _ stream: Stream) -> StreamArchive {
        var index = StreamIndex()
        index.files = recovery.found.map(\.file).filter { !$0.catalog.isEmpty }
        index.relate()
        return StreamArchive(
            directory: stream.directory,
            index: index,
            disk: self.disk,
            reader: MultiThreadedEventLoopGroup.singleton.next(),
            openFiles: OpenFiles(),
            logger: Logger(label: "store")
        )
    }
}

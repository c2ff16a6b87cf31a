// OpenFiles: the log files that readers have open, of all streams.

internal import NIOCore
internal import Synchronization

/// The log files that readers have open, of all streams: so many at most, the least recently used closed first.
///
/// Closing only lets go of a file: whoever is sending from it has it still.
final class OpenFiles: Sendable {
    private struct Entry {
        let path: String
        let closing: @Sendable () -> Void
    }

    private static let capacity = 256
    private let recent = Mutex<[Entry]>([])

    /// Opens a file for reading; `closing` is called when it should be let go of.
    func open(_ path: String, _ disk: any Disk, closing: @escaping @Sendable () -> Void) -> MappedFile? {
        guard let descriptor = try? disk.open(path, .reading) else { return nil }
        guard let size = try? disk.size(of: descriptor),
            let file = MappedFile(descriptor: descriptor, size: size)
        else {
            disk.close(descriptor)
            return nil
        }
        let oldest = self.recent.withLock { recent -> Entry? in
            recent.append(Entry(path: path, closing: closing))
            return recent.count > Self.capacity ? recent.removeFirst() : nil
        }
        oldest?.closing()
        return file
    }

    /// Notes that a file is in use.
    func touch(_ path: String) {
        self.recent.withLock { recent in
            guard let place = recent.lastIndex(where: { $0.path == path }) else { return }
            recent.append(recent.remove(at: place))
        }
    }
}

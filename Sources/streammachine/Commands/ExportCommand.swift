// ExportCommand: `streammachine export`, a stretch of a store as an audio file.

import Archive
import ArgumentParser
import Origin
import Segmenter

/// `streammachine export DIR --stream S --from T --to T -o FILE`: the frames between two moments.
struct ExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Writes the audio between two moments of a stored stream to a file, frame by frame as it was sent.",
        discussion:
            "The server may be running. A time is RFC 3339 with its zone, or seconds or milliseconds since 1970."
    )

    @Argument(help: "The directory that store.dir names.")
    var directory: String

    @Option(help: "The stream's name.")
    var stream: String

    @Option(help: "The first moment; the first frame is not before it.")
    var from: String

    @Option(help: "The moment that ends the audio; the last frame is before it.")
    var to: String

    @Option(name: [.short, .long], help: "The file to write.")
    var output: String

    func run() throws {
        let from = try Self.moment(self.from, "--from")
        let to = try Self.moment(self.to, "--to")
        do {
            let reader = try StoreReader(directory: self.directory)
            let (store, archive) = try reader.open(try reader.stream(self.stream))
            let excerpt = try Self.excerpt(from, to, store, archive)
            try FrameCopy(excerpt, from: archive).write(to: self.output)
            print("\(excerpt.byteCount) bytes from \(excerpt.start.time.rfc3339) to \(excerpt.endTime.rfc3339)")
        } catch let error as ArchiveError {
            throw Failure.configuration(error.message)
        }
    }

    private static func excerpt(
        _ from: Timestamp,
        _ to: Timestamp,
        _ store: SegmentStore,
        _ archive: StreamArchive
    ) throws -> Excerpt {
        var loaded: [Segment] = []
        while true {
            switch store.excerpt(from: max(from, store.oldestTime ?? from), to: to, with: loaded) {
            case .found(let excerpt):
                return excerpt
            case .needs(let slot):
                guard let segment = archive.segment(slot), !loaded.contains(where: { $0.slot == slot }) else {
                    throw Failure.internal("the stored audio cannot be read")
                }
                loaded.append(segment)
            case .nothing:
                let oldest = store.oldestTime?.rfc3339 ?? "nothing"
                let newest = store.liveEdgeTime?.rfc3339 ?? "nothing"
                throw Failure.configuration("there is no audio between these times; stored is \(oldest) to \(newest)")
            }
        }
    }

    private static func moment(_ text: String, _ option: String) throws -> Timestamp {
        guard let moment = TimeParameter.moment(text) else {
            throw Failure.configuration(
                "\(option) must be a time with its zone such as 2026-10-05T09:00:00Z, or seconds or milliseconds since 1970"
            )
        }
        return moment
    }
}

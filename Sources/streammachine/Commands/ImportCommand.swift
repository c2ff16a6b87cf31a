// ImportCommand: `streammachine import`, older audio for a store.

import Archive
import ArgumentParser
import Foundation
import Logging
import Segmenter

/// `streammachine import FILE --dir DIR --stream S`: takes in another server's rewind.
struct ImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Takes a rewind into a store: a StreamMachine rewind dump, or an export of this server's API.",
        discussion: """
            What lies before the oldest stored audio is taken; what overlaps it is left out. The server must not be running: \
            a running one takes imports through its API.
            """
    )

    @Argument(help: "The dump or export.")
    var file: String

    @Option(help: "The directory that store.dir names; made if it is not there.")
    var dir: String

    @Option(help: "The stream's name.")
    var stream: String

    @Option(help: "For a stream that has no audio yet: length of a segment, seconds.")
    var segmentDuration = 5.76

    @Option(help: "For a stream that has no audio yet: length of a part, seconds.")
    var partDuration = 0.96

    func run() async throws {
        guard
            let grid = SlotGrid(
                segmentMilliseconds: Int64((self.segmentDuration * 1_000).rounded()),
                partMilliseconds: Int64((self.partDuration * 1_000).rounded())
            )
        else { throw Failure.configuration("segments take 2 to 12 seconds, and parts at least 0.1 s and divide them") }
        do {
            let now: @Sendable () -> Timestamp = {
                Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000))
            }
            let store = try StoreDirectory(
                directory: self.dir,
                largest: nil,
                now: now,
                logger: Logger(label: "import")
            )
            let stream = try store.open(self.stream, grid: grid, policy: LogPolicy())
            var backfill = try stream.backfill()
            do throws(ArchiveError) {
                try RewindImport(self.file, grid: stream.grid).read { parts throws(ArchiveError) in
                    try backfill.append(parts)
                }
            } catch {
                backfill.abandon()
                await store.close([stream])
                throw error
            }
            backfill.finish()
            await store.close([stream])
            print("\(Double(backfill.milliseconds) / 1_000) s taken, in \(backfill.partCount) parts")
        } catch let error as ArchiveError {
            throw Failure.configuration(error.message)
        }
    }
}

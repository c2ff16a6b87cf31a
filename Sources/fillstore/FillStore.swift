// FillStore: the command line of the tool that fills a store.

import Archive
import ArgumentParser
import Foundation
import Logging
import Segmenter

/// Fills a store with hours of audio in minutes, for measurements: all as the server writes it, but for the clock.
@main
struct FillStore: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fillstore",
        abstract: "Fills a store with audio that ends now, streams s01, s02, ..., as fast as it can be written.",
        discussion: "A development tool: tools/bench measures a server that is opened on what it wrote."
    )

    @Option(help: "The store's directory, which is made if it is not there.")
    var dir: String

    @Option(help: "How many streams.")
    var streams = 20

    @Option(help: "Hours of audio in each.")
    var hours = 24.0

    @Option(help: "The bit rate of the MP3 that ffmpeg makes, kbit/s.")
    var bitrate = 48

    @Option(help: "Play this instead, over and over: MP3, or AAC in ADTS.")
    var file: String?

    func validate() throws {
        guard (1...999).contains(self.streams) else { throw ValidationError("--streams takes 1 to 999") }
        guard (0.01...744).contains(self.hours) else { throw ValidationError("--hours takes 0.01 to 744") }
        guard (32...320).contains(self.bitrate) else { throw ValidationError("--bitrate takes 32 to 320") }
    }

    func run() async throws {
        let recording = try self.file.map { try Recording(file: $0) } ?? Recording(kilobits: self.bitrate)
        let clock = FastClock()
        let store = try StoreDirectory(
            directory: self.dir,
            largest: nil,
            now: { clock.now },
            logger: Logger(label: "fillstore")
        )
        let end = Int64(Date().timeIntervalSince1970 * 1_000_000)
        let span = end - Int64(self.hours * 3_600_000_000)..<end
        var stored: [ArchivedStream] = []
        var total = StreamFill.Tally()
        let began = ContinuousClock.now
        for number in 1...self.streams {
            let name = "s\(number < 10 ? "0" : "")\(number)"
            let stream = try store.open(name, grid: .standard, policy: self.policy)
            stored.append(stream)
            let fill = try StreamFill(recording, into: stream, name: name, clock: clock)
            let tally = try await fill.run(over: span)
            total.add(tally)
            print("\(name): \(tally.audioOctets / 1_000_000) MB of audio")
        }
        await store.close(stored)
        self.report(total, seconds: (ContinuousClock.now - began) / .seconds(1))
    }

    private var policy: LogPolicy {
        var policy = LogPolicy()
        policy.sync = .never
        // Nothing of what is written may be too old already.
        policy.seconds = Int(self.hours * 3_600) + 86_400
        return policy
    }

    private func report(_ total: StreamFill.Tally, seconds: Double) {
        let rate = Double(total.storedOctets) / 1_000_000 / seconds
        print(
            "\(self.streams) streams of \(self.hours) h: \(total.audioOctets / 1_000_000) MB of audio,",
            "\(total.storedOctets / 1_000_000) MB on disk, \(total.parts) parts in \(Int(seconds.rounded())) s:",
            "\(Int(rate.rounded())) MB/s"
        )
    }
}

// ServeCommand: `streammachine serve`.

import Archive
import ArgumentParser
import Foundation
import Logging
import Origin
import Segmenter

/// `streammachine serve --config FILE [--check] [--key value ...]`.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Runs the server.",
        discussion: """
            Every key of the configuration file is an option too: --source_port 9002, --hls.window 600, \
            --streams:test:seconds 7200. The order is file, then environment (STREAMMACHINE_SOURCE_PORT), then options: \
            the later wins.
            """
    )

    @Option(help: "The configuration file, JSON.")
    var config: String

    @Flag(help: "Check the configuration, name each problem with its place, and exit: 0 if there is none, else 1.")
    var check = false

    @Option(
        help: ArgumentHelp(
            "Run on another clock, OFFSET seconds away and RATE times as fast.",
            valueName: "offset,rate"
        )
    )
    var testClock: String?

    @Argument(parsing: .allUnrecognized, help: ArgumentHelp("Configuration keys.", visibility: .hidden))
    var options: [String] = []

    func run() async throws {
        guard let text = try? String(contentsOfFile: self.config, encoding: .utf8) else {
            throw Failure.configuration("\(self.config): cannot be read; --config names a JSON file")
        }
        var reader = SettingsReader(
            text: text,
            fileName: self.config,
            environment: ProcessInfo.processInfo.environment,
            arguments: self.options
        )
        let settings = await reader.read()
        let clock = try self.clock(settings)
        try self.report(reader)
        guard !self.check else { return print("\(self.config): the configuration is valid") }
        let logger = Self.logger(settings)
        for warning in reader.warnings { logger.warning("\(warning)") }
        do {
            try await Server(settings, clock: clock, logger: logger).run()
        } catch let failure as BindFailure {
            throw Failure.bind(failure.message)
        } catch let failure as ArchiveError {
            throw Failure.configuration(failure.message)
        } catch {
            throw Failure.internal("\(error)")
        }
    }

    private func report(_ reader: SettingsReader) throws {
        if self.check { for warning in reader.warnings { print("warning: \(warning)") } }
        guard !reader.problems.isEmpty else { return }
        throw Failure.configuration(reader.problems.joined(separator: "\nstreammachine: "))
    }

    /// The clock to run on; another than the machine's only where no listener outside can be misled by it.
    private func clock(_ settings: ServerSettings) throws -> MachineClock {
        guard let testClock = self.testClock else { return MachineClock() }
        let loopback = ["127.0.0.1", "::1", "localhost"]
        guard loopback.contains(settings.bind), loopback.contains(settings.apiBind) else {
            throw Failure.configuration("--test-clock is refused unless bind and api_bind are on loopback")
        }
        let fields = testClock.split(separator: ",")
        guard fields.count == 2, let offset = Double(fields[0]), let rate = Int64(fields[1]),
            (1...1_000).contains(rate), abs(offset) < 1e10
        else {
            throw Failure.configuration("--test-clock takes OFFSET,RATE: seconds, and a whole number from 1 to 1000")
        }
        return MachineClock(offset: Int64(offset * 1_000_000), rate: rate)
    }

    private static func logger(_ settings: ServerSettings) -> Logger {
        let level = settings.logLevel
        let isJSON = settings.logsJSON
        LoggingSystem.bootstrap { label in
            var handler: any LogHandler =
                isJSON ? JSONLogHandler(label: label) : StreamLogHandler.standardError(label: label)
            handler.logLevel = level
            return handler
        }
        return Logger(label: "streammachine")
    }
}

// StreamMachine: the command line.

import ArgumentParser
import Foundation

/// The command line: parses it, runs the command, and turns failures into the exit codes that scripts rely on.
@main
struct StreamMachine: AsyncParsableCommand {
    static let version = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "streammachine",
        abstract: "A streaming origin for internet radio: HLS, raw and Shoutcast listeners, live and rewound.",
        version: Self.version,
        subcommands: [
            ServeCommand.self, SourceCommand.self, ListenCommand.self, InspectCommand.self, ExportCommand.self,
            ImportCommand.self,
        ]
    )

    static func main() async {
        do {
            var command = try Self.parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch let error as Failure {
            FileHandle.standardError.write(Data("streammachine: \(error.message)\n".utf8))
            Foundation.exit(error.exitCode)
        } catch {
            // Help and version end with 0; ArgumentParser's own code for wrong usage, 64, is 1 here.
            let text = Self.fullMessage(for: error)
            let isFailure = Self.exitCode(for: error) != .success
            (isFailure ? FileHandle.standardError : .standardOutput).write(Data((text + "\n").utf8))
            Foundation.exit(isFailure ? 1 : 0)
        }
    }
}

// InspectCommand: `streammachine inspect`, a look at a store.

import Archive
import ArgumentParser
import Segmenter

/// `streammachine inspect DIR`: what a store holds, and whether all of it is sound.
struct InspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Shows what a store holds: streams, ranges, gaps, damage. Every record is read and checked.",
        discussion: "The exit code is 0 when all is sound, and 3 when damage was found. The server may be running."
    )

    /// The exit code that tells scripts of damage.
    static let damaged: Int32 = 3

    @Argument(help: "The directory that store.dir names.")
    var directory: String

    func run() throws {
        var isDamaged = false
        do {
            let reader = try StoreReader(directory: self.directory)
            for stream in reader.streams {
                let found = try reader.inspect(stream)
                print(Self.report(stream, found).joined(separator: "\n"))
                isDamaged = isDamaged || found.isDamaged
            }
        } catch {
            throw Failure.configuration(error.message)
        }
        guard !isDamaged else { throw Failure(message: "damage was found", exitCode: Self.damaged) }
    }

    private static func report(_ stream: StoreReader.Stream, _ found: StreamInspection) -> [String] {
        var lines = ["\(stream.label.name) (\(stream.directory))"]
        for format in found.formats {
            lines.append("  format: \(format.codec.title), \(format.sampleRate) Hz, \(format.channels) channels")
        }
        let segment = Double(stream.grid.segmentMilliseconds) / 1_000
        let part = Double(stream.grid.partMilliseconds) / 1_000
        lines.append("  segments of \(segment) s in parts of \(part) s; \(found.files) files, \(found.octets) bytes")
        let outline = found.outline.withoutSilentStart
        if let start = outline.start, let end = outline.end {
            lines.append("  range: \(start.rfc3339) to \(end.rfc3339), \(Self.seconds(from: start, to: end))")
        } else {
            lines.append("  range: empty")
        }
        lines.append("  gaps: \(outline.gaps.isEmpty ? "none" : String(outline.gaps.count))")
        for gap in outline.gaps {
            let length = Self.seconds(from: gap.start, to: gap.end)
            lines.append("    \(gap.start.rfc3339) to \(gap.end.rfc3339), \(length), \(gap.reason)")
        }
        let count = found.damage.count + found.unreadable.count
        lines.append("  damage: \(count == 0 ? "none" : String(count))")
        for damage in found.damage {
            let kind = damage.isTail ? "torn record at the end" : "damaged"
            lines.append("    \(damage.file) offset \(damage.offset), \(damage.length) bytes: \(kind)")
        }
        for file in found.unreadable { lines.append("    \(file): nothing can be read") }
        return lines
    }

    private static func seconds(from start: Timestamp, to end: Timestamp) -> String {
        "\(Double(end.millisecondsSince(start)) / 1_000) s"
    }
}

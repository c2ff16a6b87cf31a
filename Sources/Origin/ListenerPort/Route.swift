// Route: what a path on the listener port leads to.

internal import HLS
internal import Segmenter

/// What a path on the listener port leads to.
enum Route {
    /// `/{stream}`, `/`, `/;`: endless audio.
    case audio(Stream)
    /// `/{stream}.m3u8`, in the codec's own container, or `/{stream}/{container}/live.m3u8`.
    case playlist(Stream, Container?)
    /// `/{stream}/master.m3u8`.
    case multivariant(Stream)
    /// `/{stream}/{container}/{segment ms}-{part ms}/{slot}.{ending}`.
    case segment(Stream, Container, slot: Int64, ending: Substring)
    /// `/{stream}/archive.json`: what can be played.
    case archive(Stream)
    /// `/{stream}.m3u`, `.pls`, `.xspf`, and `/listen.pls` for the stream that `/` leads to.
    case tuneIn(Stream, TuneInFile)
    case nothing

    init(path: String, in streams: StreamDirectory) {
        let trimmed = path.dropFirst()
        if let stream = streams[String(trimmed)] {
            self = .audio(stream)
        } else if let root = streams.root, trimmed.isEmpty || trimmed.hasPrefix(";") {
            // Players that met a SHOUTcast status page at `/` learnt to ask for `/;` and `/;stream.nsv`.
            self = .audio(root)
        } else if trimmed.hasSuffix(".m3u8"), let stream = streams[String(trimmed.dropLast(5))] {
            self = .playlist(stream, nil)
        } else if let tuneIn = Self.tuneIn(trimmed, in: streams) {
            self = tuneIn
        } else {
            self = Self.below(trimmed, in: streams)
        }
    }

    private static func tuneIn(_ path: Substring, in streams: StreamDirectory) -> Route? {
        guard let dot = path.lastIndex(of: "."),
            let file = TuneInFile(rawValue: String(path[path.index(after: dot)...]))
        else { return nil }
        let name = path[..<dot]
        guard let stream = streams[String(name)] ?? (name == "listen" ? streams.root : nil) else { return nil }
        return .tuneIn(stream, file)
    }

    private static func below(_ path: Substring, in streams: StreamDirectory) -> Route {
        let components = path.split(separator: "/", omittingEmptySubsequences: false)
        guard let first = components.first, let stream = streams[String(first)] else { return .nothing }
        switch components.count {
        case 2 where components[1] == "master.m3u8":
            return .multivariant(stream)
        case 2 where components[1] == "archive.json":
            return .archive(stream)
        case 3 where components[2] == "live.m3u8":
            guard let container = Container(rawValue: String(components[1])) else { return .nothing }
            return .playlist(stream, container)
        case 4:
            guard let container = Container(rawValue: String(components[1])),
                components[2] == Self.gridName(of: stream),
                let (slot, ending) = Self.slot(components[3], container)
            else { return .nothing }
            return .segment(stream, container, slot: slot, ending: ending)
        default:
            return .nothing
        }
    }

    private static func gridName(of stream: Stream) -> String {
        "\(stream.store.grid.segmentMilliseconds)-\(stream.store.grid.partMilliseconds)"
    }

    private static func slot(_ file: Substring, _ container: Container) -> (slot: Int64, ending: Substring)? {
        guard let dot = file.lastIndex(of: "."), let slot = Int64(file[..<dot]) else { return nil }
        let ending = file[file.index(after: dot)...]
        // One address for one segment: caches must not be made to hold it under many.
        guard file[..<dot] == String(slot), slot >= 0,
            AudioFormat.Codec.allCases.contains(where: { container.fileExtension(for: $0) == ending })
        else { return nil }
        return (slot, ending)
    }
}

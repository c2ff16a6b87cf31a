// ConfigurationKey: every key of the configuration, with what it takes.

/// A key of the configuration: its path, what it takes, and what becomes of it.
struct ConfigurationKey {
    enum Kind: String {
        case text = "text in quotes"
        case integer = "a whole number"
        case number = "a number"
        case flag = "true or false"
        /// Any JSON: read by what it configures.
        case any = "any value"
    }

    enum Use {
        case used
        /// Known from StreamMachine, without a meaning here.
        case ignored(String)
        /// Known, but what it asks for is not in this version.
        case withoutEffect
        case refused(String)
    }

    /// The path's components; `*` stands for a name that the operator gives.
    let path: [String]
    let kind: Kind
    let use: Use

    init(_ path: String, _ kind: Kind, _ use: Use = .used) {
        self.path = path.split(separator: ".").map(String.init)
        self.kind = kind
        self.use = use
    }

    func matches(_ other: [String]) -> Bool {
        self.path.count == other.count && zip(self.path, other).allSatisfy { $0 == "*" || $0 == $1 }
    }

    static let all: [ConfigurationKey] =
        [
            .init("mode", .text),
            .init("port", .integer),
            .init("source_port", .integer),
            .init("shoutcast_port", .integer),
            .init("api_port", .integer),
            .init("bind", .text),
            .init("api_bind", .text),
            .init("hls.segment_duration", .number),
            .init("hls.part_duration", .number),
            .init("hls.window", .integer),
            .init("store.dir", .text),
            .init("store.hot_seconds", .integer),
            .init("store.sync", .text),
            .init("store.max_bytes", .integer),
            .init("store.file_seconds", .integer),
            .init("log.level", .text),
            .init("log.format", .text),
            .init("streams.*.source_password", .text),
            .init("streams.*.seconds", .integer),
            .init("streams.*.burst", .number),
            .init("streams.*.meta_interval", .integer),
            .init("streams.*.max_lag", .number),
            .init("streams.*.metaTitle", .text),
            .init("streams.*.metaUrl", .text),
            .init("streams.*.root_route", .flag),
            .init("streams.*.monitored", .flag),
            .init("chunk_duration", .number, .ignored("parts follow from hls.part_duration")),
            .init(
                "streams.*.ffmpeg_args",
                .any,
                .refused("transcoding is configured by `transcode`, which this version does not have")
            ),
            .init(
                "transcoder",
                .any,
                .refused("transcoding is configured by `transcode`, which this version does not have")
            ),
        ] + Self.withoutEffect.map { ConfigurationKey($0, .any, .withoutEffect) }

    private static let withoutEffect = [
        "behind_proxy", "cors", "ua_skip", "log_interval", "preroll", "timezone", "redis",
        "analytics", "alerts", "admin", "users", "session", "sources", "tls", "log", "streams.*.source",
        "streams.*.format", "streams.*.fallback", "streams.*.max_buffer", "streams.*.host", "streams.*.group",
        "streams.*.bandwidth", "streams.*.codec", "streams.*.preroll", "streams.*.preroll_key",
        "streams.*.impression_delay",
    ]

    /// The key of a path, if there is one.
    static func find(_ path: [String]) -> ConfigurationKey? {
        Self.all.first { $0.matches(path) }
    }

    /// The known key whose name is nearest to an unknown one, if any is near.
    static func suggestion(for path: [String]) -> String? {
        let siblings = Self.all.filter {
            $0.path.count == path.count && zip($0.path, path.dropLast()).allSatisfy { $0 == "*" || $0 == $1 }
        }
        guard let name = path.last else { return nil }
        let nearest = siblings.compactMap { $0.path.last }.map { ($0, Self.distance($0, name)) }.min { $0.1 < $1.1 }
        guard let nearest, nearest.1 <= max(2, name.count / 3) else { return nil }
        return nearest.0
    }

    /// Insertions, deletions and replacements from one word to another.
    private static func distance(_ left: String, _ right: String) -> Int {
        let right = Array(right)
        var row = Array(0...right.count)
        for (index, character) in left.enumerated() {
            var previous = row[0]
            row[0] = index + 1
            for column in right.indices {
                let replaced = previous + (character == right[column] ? 0 : 1)
                previous = row[column + 1]
                row[column + 1] = min(replaced, row[column] + 1, row[column + 1] + 1)
            }
        }
        return row[right.count]
    }
}

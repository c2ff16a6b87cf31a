// SettingsReader: file, environment and command line, in that order, into settings.

import Archive
import Configuration
import Foundation
import Logging
import Origin
import Segmenter

/// Reads settings from the file, then the environment (`STREAMMACHINE_...`), then the command line: the later wins.
struct SettingsReader {
    private(set) var problems: [String] = []
    private(set) var warnings: [String] = []
    private let config: ConfigReader
    private let file: ConfigurationFile
    private let fileName: String

    /// Prepares to read; `arguments` are the options behind `serve`, `fileName` is how messages call the file.
    init(text: String, fileName: String, environment: [String: String], arguments: [String]) {
        let file = ConfigurationFile(text, name: fileName)
        self.fileName = fileName
        self.file = file
        self.problems = file.problems
        self.warnings = file.warnings
        let options = CommandLineOptions(arguments, streamNames: file.streamNames)
        self.problems += options.problems
        let secret = SecretsSpecifier<String, String>.dynamic { key, _ in key.lowercased().contains("password") }
        self.config = ConfigReader(providers: [
            CommandLineArgumentsProvider(arguments: ["serve"] + options.arguments, secretsSpecifier: secret),
            EnvironmentVariablesProvider(environmentVariables: environment, secretsSpecifier: secret)
                .prefixKeys(with: "streammachine"),
            InMemoryProvider(name: "file", values: file.values),
        ])
    }

    /// Checks every value; look at `problems` before using the result.
    mutating func read() async -> ServerSettings {
        var settings = ServerSettings()
        await self.readMode()
        settings.bind = await self.text(["bind"]) ?? settings.bind
        settings.apiBind = await self.text(["api_bind"]) ?? settings.apiBind
        settings.port = await self.integer(["port"], in: 0...65_535) ?? settings.port
        settings.sourcePort = await self.integer(["source_port"], in: 0...65_535) ?? settings.sourcePort
        let shoutcastDefault = settings.sourcePort == 0 ? 0 : min(settings.sourcePort + 1, 65_535)
        settings.shoutcastPort = await self.integer(["shoutcast_port"], in: 0...65_535) ?? shoutcastDefault
        settings.apiPort = await self.integer(["api_port"], in: 0...65_535) ?? settings.apiPort
        settings.grid = await self.grid()
        settings.hlsWindow = await self.integer(["hls", "window"], in: 30...86_400) ?? settings.hlsWindow
        settings.store = await self.store()
        await self.readLog(into: &settings)
        if !["127.0.0.1", "::1", "localhost"].contains(settings.apiBind) {
            self.problems.append(
                "api_bind is \(settings.apiBind): an API that is not on loopback needs users, which this version does"
                    + " not have; leave it at 127.0.0.1"
            )
        }
        for name in self.file.streamNames { await self.readStream(name, into: &settings) }
        if settings.streams.isEmpty { self.warnings.append("no streams are configured: nothing can be heard") }
        return settings
    }

    private mutating func readMode() async {
        guard let mode = await self.text(["mode"]) else { return }
        switch mode {
        case "standalone":
            break
        case "master", "origin", "slave", "edge":
            self.problems.append("mode is \(mode): this version runs only as standalone")
        default:
            self.problems.append("mode is \(mode): it must be standalone")
        }
    }

    private mutating func store() async -> StoreSettings? {
        let directory = await self.text(["store", "dir"]) ?? ""
        // What is not used is still checked.
        var store = StoreSettings(directory: self.path(directory))
        store.hotSeconds = await self.integer(["store", "hot_seconds"], in: 60...86_400) ?? store.hotSeconds
        store.fileSeconds = await self.integer(["store", "file_seconds"], in: 60...86_400) ?? store.fileSeconds
        if let largest = await self.integer(["store", "max_bytes"], in: 0...(1 << 60)), largest > 0 {
            store.largest = largest
        }
        if let text = await self.text(["store", "sync"]) {
            if let sync = LogPolicy.Sync(rawValue: text) {
                store.sync = sync
            } else {
                let known = LogPolicy.Sync.allCases.map(\.rawValue).joined(separator: ", ")
                self.problems.append("\(self.file.place(of: ["store", "sync"])) is \(text): it must be one of \(known)")
            }
        }
        return directory.isEmpty ? nil : store
    }

    /// A path of the configuration, which is meant from where the file is.
    private func path(_ path: String) -> String {
        guard !path.hasPrefix("/"), let slash = self.fileName.lastIndex(of: "/") else { return path }
        return self.fileName[...slash] + path
    }

    private mutating func readLog(into settings: inout ServerSettings) async {
        if let text = await self.text(["log", "level"]) {
            if let level = Logger.Level(rawValue: text) {
                settings.logLevel = level
            } else {
                let levels = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
                self.problems.append("log.level is \(text): it must be one of \(levels)")
            }
        }
        switch await self.text(["log", "format"]) {
        case nil, "text": settings.logsJSON = false
        case "json": settings.logsJSON = true
        case let other?: self.problems.append("log.format is \(other): it must be text or json")
        }
    }

    private mutating func grid() async -> SlotGrid {
        let segment = await self.number(["hls", "segment_duration"]) ?? 5.76
        let part = await self.number(["hls", "part_duration"]) ?? (segment == 5.76 ? 0.96 : segment / 6)
        let milliseconds = (segment * 1_000, part * 1_000)
        guard (0...60_000).contains(milliseconds.0), (0...60_000).contains(milliseconds.1),
            let grid = SlotGrid(
                segmentMilliseconds: Int64(milliseconds.0.rounded()),
                partMilliseconds: Int64(milliseconds.1.rounded())
            )
        else {
            self.problems.append(
                "hls.segment_duration must be 2 to 12 seconds, and hls.part_duration at least 0.1 s and divide it in"
                    + " whole milliseconds, as 0.96 divides 5.76"
            )
            return .standard
        }
        return grid
    }

    private mutating func readStream(_ name: String, into settings: inout ServerSettings) async {
        let place = self.file.place(of: ["streams", name])
        guard Self.isValid(name) else {
            self.problems.append(
                "\(place): a stream's name has 1 to 64 letters, digits, dots, dashes and underscores, begins with a"
                    + " letter or digit, and is none of \(Self.reserved.sorted().joined(separator: ", "))"
            )
            return
        }
        guard let password = await self.text(["streams", name, "source_password"]), !password.isEmpty else {
            self.problems.append("\(place): source_password is missing: encoders need one to connect")
            return
        }
        var stream = StreamDefinition(name: name, sourcePassword: password)
        stream.seconds = await self.integer(["streams", name, "seconds"], in: 60...2_678_400) ?? stream.seconds
        stream.burst = await self.number(["streams", name, "burst"], in: 0...600) ?? stream.burst
        stream.metadataInterval =
            await self.integer(["streams", name, "meta_interval"], in: 256...1_048_576) ?? stream.metadataInterval
        if let lag = await self.number(["streams", name, "max_lag"], in: 5...3_600) {
            stream.largestLag = .seconds(lag)
        }
        stream.title = await self.text(["streams", name, "metaTitle"])
        stream.url = await self.text(["streams", name, "metaUrl"])
        stream.isRoot = await self.flag(["streams", name, "root_route"]) ?? false
        stream.isMonitored = await self.flag(["streams", name, "monitored"]) ?? false
        if stream.isRoot, let other = settings.streams.first(where: \.isRoot) {
            self.problems.append("\(place): root_route is set for \(other.name) already, and only one can have it")
        }
        settings.streams.append(stream)
    }

    private static let reserved: Set<String> = [
        "admin", "api", "sg", "stats", "listen", "player", "status-json.xsl", "7.html",
    ]

    private static func isValid(_ name: String) -> Bool {
        guard let first = name.utf8.first, name.utf8.count <= 64, !Self.reserved.contains(name) else { return false }
        func isAlphanumeric(_ byte: UInt8) -> Bool {
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        }
        return isAlphanumeric(first) && name.utf8.allSatisfy { isAlphanumeric($0) || [0x2D, 0x2E, 0x5F].contains($0) }
    }

    // MARK: Values

    /// Asks for a value; one of the wrong kind is a problem, one that is absent is `nil`.
    private mutating func value<Value>(
        _ path: [String],
        _ kind: ConfigurationKey.Kind,
        _ fetch: (ConfigKey) async throws -> Value?
    ) async -> Value? {
        do {
            return try await fetch(ConfigKey(path))
        } catch {
            self.problems.append("\(self.file.place(of: path)) must be \(kind.rawValue)")
            return nil
        }
    }

    private mutating func ranged<Value: Comparable>(
        _ path: [String],
        in range: ClosedRange<Value>,
        _ value: Value?
    ) -> Value? {
        guard let value, !range.contains(value) else { return value }
        self.problems.append(
            "\(self.file.place(of: path)) is \(value): it must be \(range.lowerBound) to \(range.upperBound)"
        )
        return nil
    }

    private mutating func text(_ path: [String]) async -> String? {
        let config = self.config
        return await self.value(path, .text) { try await config.fetchString(forKey: $0) }
    }

    private mutating func integer(_ path: [String], in range: ClosedRange<Int>) async -> Int? {
        let config = self.config
        return self.ranged(path, in: range, await self.value(path, .integer) { try await config.fetchInt(forKey: $0) })
    }

    private mutating func number(_ path: [String], in range: ClosedRange<Double> = 0...1_000_000) async -> Double? {
        let config = self.config
        let value = await self.value(path, .number) { try await config.fetchDouble(forKey: $0) }
        return self.ranged(path, in: range, value)
    }

    private mutating func flag(_ path: [String]) async -> Bool? {
        let config = self.config
        return await self.value(path, .flag) { try await config.fetchBool(forKey: $0) }
    }
}

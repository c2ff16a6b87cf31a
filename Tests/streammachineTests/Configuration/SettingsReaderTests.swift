// SettingsReaderTests: file, environment and command line become settings, or problems.

import Foundation
import Logging
import Origin
import Segmenter
import Testing

@testable import streammachine

@Suite("SettingsReader")
struct SettingsReaderTests {
    @Test("the repository's own configuration is valid, without a warning")
    func standaloneConfiguration() async throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../..")
        let text = try String(contentsOf: root.appending(path: "config/standalone.json"), encoding: .utf8)
        let result = await SettingsResult(text)
        #expect(result.problems == [])
        #expect(result.warnings == [])
        #expect(result.settings.streams.map(\.name) == ["demo", "test"])
        #expect(result.settings.streams.first(where: \.isRoot)?.name == "test")
        #expect(result.settings.streams.first?.sourcePassword == "demo")
    }

    @Test("a file with one stream and nothing else gets the documented defaults")
    func defaults() async throws {
        let result = await SettingsResult("{\(SettingsResult.oneStream)}")
        let settings = result.settings
        #expect(result.problems == [])
        #expect(settings.bind == "0.0.0.0")
        #expect(settings.apiBind == "127.0.0.1")
        #expect(settings.port == 8_001)
        #expect(settings.sourcePort == 8_002)
        #expect(settings.shoutcastPort == 8_003)
        #expect(settings.apiPort == 8_010)
        #expect(settings.grid == .standard)
        #expect(settings.hlsWindow == 900)
        #expect(settings.logLevel == .info)
        #expect(settings.logsJSON == false)
        let stream = try #require(settings.streams.first)
        #expect(stream.seconds == 14_400)
        #expect(stream.burst == 10)
        #expect(stream.metadataInterval == 16_000)
        #expect(stream.largestLag == .seconds(30))
        #expect(stream.title == nil)
        #expect(stream.isRoot == false)
    }

    @Test("every key of a stream is read")
    func streamKeys() async throws {
        let result = await SettingsResult(
            """
            {"streams": {"my.stream": {"source_password": "pw", "seconds": 600, "burst": 2.5, "meta_interval": 8192,
              "max_lag": 12, "metaTitle": "Radio", "metaUrl": "https://example.org",
              "root_route": true, "monitored": true}}}
            """
        )
        #expect(result.problems == [])
        #expect(result.warnings == [])
        let stream = try #require(result.settings.streams.first)
        #expect(stream.name == "my.stream")
        #expect(stream.seconds == 600)
        #expect(stream.burst == 2.5)
        #expect(stream.metadataInterval == 8_192)
        #expect(stream.largestLag == .seconds(12))
        #expect(stream.title == "Radio")
        #expect(stream.url == "https://example.org")
        #expect(stream.isRoot)
        #expect(stream.isMonitored)
    }

    // MARK: Order

    @Test("the environment wins over the file, and the command line over both")
    func order() async throws {
        let result = await SettingsResult(
            "{\"port\": 1, \"source_port\": 2, \"api_port\": 3, \(SettingsResult.oneStream)}",
            environment: ["STREAMMACHINE_SOURCE_PORT": "22", "STREAMMACHINE_API_PORT": "33"],
            arguments: ["--api_port", "333"]
        )
        #expect(result.problems == [])
        #expect(result.settings.port == 1)
        #expect(result.settings.sourcePort == 22)
        #expect(result.settings.apiPort == 333)
    }

    @Test("keys of any depth and kind can come from the environment")
    func environment() async throws {
        let result = await SettingsResult(
            "{\(SettingsResult.oneStream)}",
            environment: [
                "STREAMMACHINE_HLS_WINDOW": "600", "STREAMMACHINE_LOG_LEVEL": "debug",
                "STREAMMACHINE_STREAMS_TEST_SOURCE_PASSWORD": "fromEnvironment",
                "STREAMMACHINE_STREAMS_TEST_BURST": "2.5", "STREAMMACHINE_STREAMS_TEST_ROOT_ROUTE": "true",
                "STREAMMACHINE_STREAMS_TEST_META_TITLE": "Radio", "UNRELATED": "1",
            ]
        )
        #expect(result.problems == [])
        #expect(result.settings.hlsWindow == 600)
        #expect(result.settings.logLevel == .debug)
        let stream = try #require(result.settings.streams.first)
        #expect(stream.sourcePassword == "fromEnvironment")
        #expect(stream.burst == 2.5)
        #expect(stream.isRoot)
        #expect(stream.title == "Radio")
    }

    @Test(
        "options reach their keys in every spelling",
        arguments: [
            ["--streams:test:seconds", "120"], ["--streams.test.seconds=120"], ["--streams-test-seconds", "120"],
        ]
    )
    func options(arguments: [String]) async throws {
        let result = await SettingsResult("{\(SettingsResult.oneStream)}", arguments: arguments)
        #expect(result.problems == [])
        #expect(result.settings.streams.first?.seconds == 120)
    }

    @Test("text with capital letters in its key, and a flag, can be options")
    func optionsOfOtherKinds() async throws {
        let result = await SettingsResult(
            "{\(SettingsResult.oneStream)}",
            arguments: ["--streams:test:metaTitle", "Late Night", "--streams:test:root_route", "true"]
        )
        #expect(result.problems == [])
        #expect(result.settings.streams.first?.title == "Late Night")
        #expect(result.settings.streams.first?.isRoot == true)
    }

    @Test("a wrong value from outside the file is refused too, and not shown")
    func wrongValuesFromOutside() async {
        let fromEnvironment = await SettingsResult(
            "{\(SettingsResult.oneStream)}",
            environment: ["STREAMMACHINE_PORT": "hackme"]
        )
        let fromOptions = await SettingsResult("{\(SettingsResult.oneStream)}", arguments: ["--port", "hackme"])
        for result in [fromEnvironment, fromOptions] {
            #expect(result.problems.count == 1)
            #expect(result.problems.first?.contains("port must be a whole number") == true)
            #expect(result.problems.first?.contains("hackme") == false)
        }
    }

    @Test("an option that is no key is a problem")
    func unknownOption() async {
        let result = await SettingsResult("{\(SettingsResult.oneStream)}", arguments: ["--nonsense", "1"])
        #expect(result.problems.count == 1)
        #expect(result.problems.first?.hasPrefix("--nonsense is not a known option") == true)
    }

    @Test("all problems are reported at once, and no password is in any")
    func severalProblems() async {
        let result = await SettingsResult(
            """
            {
              "port": "eight",
              "api_bind": "0.0.0.0",
              "hls": { "window": 1 },
              "streams": {
                "te/st": { "source_password": "hackme" },
                "b": { "source_password": "hackme", "burst": "ten", "ffmpeg_args": "-x" },
                "c": {}
              }
            }
            """,
            arguments: ["--nonsense=hackme"]
        )
        let named = [
            "radio.json:2: port", "api_bind", "radio.json:4: hls.window", "radio.json:6: streams.te/st",
            "radio.json:7: streams.b.burst", "radio.json:7: streams.b.ffmpeg_args", "radio.json:8: streams.c",
            "--nonsense",
        ]
        #expect(result.problems.count == named.count)
        for name in named { #expect(result.problems.contains { $0.hasPrefix(name) }, "\(name) is missing") }
        #expect(!result.problems.contains { $0.contains("hackme") })
    }
}

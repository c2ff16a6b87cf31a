// SettingsReaderLimitsTests: what values may be, one by one.

import Logging
import Origin
import Segmenter
import Testing

@testable import streammachine

@Suite("SettingsReader: limits")
struct SettingsReaderLimitsTests {
    // MARK: Ports and addresses

    @Test(
        "the SHOUTcast port is the one above the source port, unless it is named",
        arguments: [(9_000, 9_001), (0, 0)]
    )
    func shoutcastPort(source: Int, shoutcast: Int) async {
        let derived = await SettingsResult("{\"source_port\": \(source), \(SettingsResult.oneStream)}")
        #expect(derived.settings.shoutcastPort == shoutcast)
        let named = await SettingsResult(
            "{\"source_port\": \(source), \"shoutcast_port\": 7, \(SettingsResult.oneStream)}"
        )
        #expect(named.settings.shoutcastPort == 7)
    }

    @Test("an API beyond loopback is refused", arguments: ["0.0.0.0", "192.0.2.1", "::", "example.org", ""])
    func apiBeyondLoopback(address: String) async {
        let result = await SettingsResult("{\"api_bind\": \"\(address)\", \(SettingsResult.oneStream)}")
        #expect(result.problems.count == 1)
        #expect(result.problems.first?.hasPrefix("api_bind is \(address): ") == true)
    }

    @Test("an API on loopback is fine", arguments: ["127.0.0.1", "::1", "localhost"])
    func apiOnLoopback(address: String) async {
        let result = await SettingsResult("{\"api_bind\": \"\(address)\", \(SettingsResult.oneStream)}")
        #expect(result.problems == [])
        #expect(result.settings.apiBind == address)
    }

    // MARK: Ranges

    @Test(
        "a number out of its range is a problem that says the range",
        arguments: [
            ("\"port\": 65536", "port is 65536: it must be 0 to 65535"),
            ("\"port\": -1", "port is -1: it must be 0 to 65535"),
            ("\"hls\": {\"window\": 29}", "hls.window is 29: it must be 30 to 86400"),
            ("\"hls\": {\"window\": 86401}", "hls.window is 86401: it must be 30 to 86400"),
        ]
    )
    func ranges(member: String, problem: String) async {
        let result = await SettingsResult("{\(member), \(SettingsResult.oneStream)}")
        #expect(result.problems == ["radio.json:1: \(problem)"])
    }

    @Test(
        "a stream's numbers have ranges",
        arguments: [
            ("seconds", "59"), ("seconds", "2678401"), ("burst", "-1"), ("burst", "600.5"), ("meta_interval", "255"),
            ("meta_interval", "1048577"), ("max_lag", "4"), ("max_lag", "3601"),
        ]
    )
    func streamRanges(key: String, value: String) async {
        let result = await SettingsResult(
            "{\"streams\": {\"test\": {\"source_password\": \"pw\", \"\(key)\": \(value)}}}"
        )
        #expect(result.problems.count == 1)
        #expect(result.problems.first?.hasPrefix("radio.json:1: streams.test.\(key) is ") == true)
    }

    @Test(
        "segments and parts that lie on one grid are accepted",
        arguments: [
            ("{\"segment_duration\": 2}", 2_000, 333), ("{\"segment_duration\": 6}", 6_000, 1_000),
            ("{\"segment_duration\": 12, \"part_duration\": 0.5}", 12_000, 500),
            ("{\"part_duration\": 0.24}", 5_760, 240), ("{\"part_duration\": 5.76}", 5_760, 5_760),
        ]
    )
    func grids(hls: String, segment: Int64, part: Int64) async {
        let result = await SettingsResult("{\"hls\": \(hls), \(SettingsResult.oneStream)}")
        // A sixth of 2 s is no whole number of milliseconds: such a segment needs its part duration named.
        guard segment % part == 0 else {
            #expect(result.problems.count == 1)
            return
        }
        #expect(result.problems == [])
        #expect(result.settings.grid == SlotGrid(segmentMilliseconds: segment, partMilliseconds: part))
    }

    @Test(
        "a grid that does not come out even is one problem",
        arguments: [
            "{\"segment_duration\": 1.9}", "{\"segment_duration\": 12.1}", "{\"segment_duration\": 0}",
            "{\"segment_duration\": 1000000}", "{\"segment_duration\": 6, \"part_duration\": 0.7}",
            "{\"part_duration\": 0.09}", "{\"part_duration\": 6}", "{\"part_duration\": 0}",
        ]
    )
    func wrongGrids(hls: String) async {
        let result = await SettingsResult("{\"hls\": \(hls), \(SettingsResult.oneStream)}")
        #expect(result.problems.count == 1)
        #expect(result.problems.first?.contains("hls.segment_duration must be 2 to 12 seconds") == true)
    }

    // MARK: Streams

    @Test(
        "names that fit into a path are accepted",
        arguments: ["a", "9", "Rock.FM-2_x", String(repeating: "a", count: 64)]
    )
    func goodNames(name: String) async {
        let result = await SettingsResult("{\"streams\": {\"\(name)\": {\"source_password\": \"pw\"}}}")
        #expect(result.problems == [])
        #expect(result.settings.streams.map(\.name) == [name])
    }

    @Test(
        "names that do not are refused",
        arguments: [
            "", ".a", "-a", "_a", "a b", "a/b", "a%2f", "ä", "a\u{0301}", String(repeating: "a", count: 65), "admin",
            "api", "sg", "stats", "listen", "player", "status-json.xsl", "7.html",
        ]
    )
    func badNames(name: String) async {
        let result = await SettingsResult("{\"streams\": {\"\(name)\": {\"source_password\": \"pw\"}}}")
        #expect(result.problems.count == 1)
        #expect(result.problems.first?.contains("a stream's name has 1 to 64 letters") == true)
        #expect(result.settings.streams.isEmpty)
    }

    @Test("a stream without a password is refused", arguments: ["{}", "{\"source_password\": \"\"}"])
    func missingPassword(stream: String) async {
        let result = await SettingsResult("{\n\"streams\": {\n\"test\": \(stream)}}")
        #expect(
            result.problems == ["radio.json:3: streams.test: source_password is missing: encoders need one to connect"]
        )
    }

    @Test("only one stream can have the root route")
    func rootRouteTwice() async {
        let stream = "{\"source_password\": \"pw\", \"root_route\": true}"
        let result = await SettingsResult("{\"streams\": {\"a\": \(stream),\n\"b\": \(stream)}}")
        #expect(
            result.problems == ["radio.json:2: streams.b: root_route is set for a already, and only one can have it"]
        )
    }

    @Test("no streams is a warning")
    func noStreams() async {
        let result = await SettingsResult("{}")
        #expect(result.problems == [])
        #expect(result.warnings == ["no streams are configured: nothing can be heard"])
    }

    // MARK: Mode and log

    @Test("only standalone runs; the modes that come later are told apart from nonsense")
    func modes() async {
        let standalone = await SettingsResult("{\"mode\": \"standalone\", \(SettingsResult.oneStream)}")
        #expect(standalone.problems == [])
        for mode in ["master", "origin", "slave", "edge"] {
            let result = await SettingsResult("{\"mode\": \"\(mode)\", \(SettingsResult.oneStream)}")
            #expect(result.problems == ["mode is \(mode): this version runs only as standalone"])
        }
        let nonsense = await SettingsResult("{\"mode\": \"x\", \(SettingsResult.oneStream)}")
        #expect(nonsense.problems == ["mode is x: it must be standalone"])
    }

    @Test("the log's level and format are read")
    func log() async {
        let result = await SettingsResult(
            "{\"log\": {\"level\": \"trace\", \"format\": \"json\"}, \(SettingsResult.oneStream)}"
        )
        #expect(result.problems == [])
        #expect(result.settings.logLevel == .trace)
        #expect(result.settings.logsJSON)
        let wrong = await SettingsResult(
            "{\"log\": {\"level\": \"loud\", \"format\": \"xml\"}, \(SettingsResult.oneStream)}"
        )
        #expect(wrong.problems.count == 2)
        #expect(wrong.problems.first?.hasPrefix("log.level is loud: it must be one of trace, debug, info") == true)
        #expect(wrong.problems.last == "log.format is xml: it must be text or json")
    }
}

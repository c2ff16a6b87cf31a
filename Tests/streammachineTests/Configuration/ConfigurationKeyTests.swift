// ConfigurationKeyTests: finding keys, and guessing what was meant.

import Testing

@testable import streammachine

@Suite("ConfigurationKey")
struct ConfigurationKeyTests {
    @Test("a star stands for one name, of any length and with dots")
    func starsMatchNames() {
        #expect(ConfigurationKey.find(["streams", "test", "burst"])?.kind == .number)
        #expect(ConfigurationKey.find(["streams", "my.stream", "burst"])?.kind == .number)
        #expect(ConfigurationKey.find(["streams", "burst"]) == nil)
        #expect(ConfigurationKey.find(["streams", "a", "b", "burst"]) == nil)
        #expect(ConfigurationKey.find([]) == nil)
    }

    @Test("no two keys have one path")
    func pathsAreDistinct() {
        let paths = ConfigurationKey.all.map(\.path)
        #expect(Set(paths).count == paths.count)
    }

    @Test(
        "the nearest known key of the same object is suggested",
        arguments: [
            (["prot"], "port"), (["source-port"], "source_port"), (["sourcePort"], "source_port"),
            (["streams", "test", "brust"], "burst"), (["streams", "test", "meta_title"], "metaTitle"),
            (["hls", "windows"], "window"), (["hls", "segmentDuration"], "segment_duration"),
        ]
    )
    func suggestions(path: [String], expected: String) {
        #expect(ConfigurationKey.suggestion(for: path) == expected)
    }

    @Test(
        "nothing is suggested where nothing is near",
        arguments: [["colours"], ["x"], ["streams", "test", "window"], ["nothing", "like", "it", "at", "all"], []]
    )
    func noSuggestions(path: [String]) {
        #expect(ConfigurationKey.suggestion(for: path) == nil)
    }
}

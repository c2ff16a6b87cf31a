// ConfigurationFileTests: one walk of the file finds names, wrong kinds and unknown keys, with their places.

import Configuration
import Testing

@testable import streammachine

@Suite("ConfigurationFile")
struct ConfigurationFileTests {
    private func file(_ text: String) -> ConfigurationFile {
        ConfigurationFile(text, name: "radio.json")
    }

    @Test("values and the names of streams are found")
    func valuesAndNames() {
        let file = self.file(
            #"{"port": 9001, "hls": {"window": 60}, "streams": {"b": {"burst": 4}, "a.b": {"root_route": true}}}"#
        )
        #expect(file.problems == [])
        #expect(file.warnings == [])
        #expect(file.streamNames == ["a.b", "b"])
        #expect(file.values[AbsoluteConfigKey(["port"])]?.content == .int(9_001))
        #expect(file.values[AbsoluteConfigKey(["streams", "b", "burst"])]?.content == .double(4))
        #expect(file.values[AbsoluteConfigKey(["streams", "a.b", "root_route"])]?.content == .bool(true))
    }

    @Test("a source password is marked as a secret, and nothing else is")
    func passwordsAreSecret() {
        let file = self.file(#"{"bind": "::1", "streams": {"test": {"source_password": "hackme"}}}"#)
        #expect(file.values[AbsoluteConfigKey(["streams", "test", "source_password"])]?.isSecret == true)
        #expect(file.values[AbsoluteConfigKey(["bind"])]?.isSecret == false)
    }

    @Test("an unknown key is warned about with its line and what was probably meant")
    func unknownKeys() {
        let file = self.file(
            "{\n  \"prot\": 8001,\n  \"streams\": {\n    \"test\": { \"brust\": 10, \"zz\": {} }\n  }\n}"
        )
        #expect(file.problems == [])
        #expect(
            file.warnings == [
                "radio.json:2: prot is not a known key and is ignored; did you mean port?",
                "radio.json:4: streams.test.brust is not a known key and is ignored; did you mean burst?",
                "radio.json:4: streams.test.zz is not a known key and is ignored",
            ]
        )
    }

    @Test(
        "a value of the wrong kind is a problem that names place and kind",
        arguments: [
            ("\"port\": \"8001\"", "radio.json:2: port must be a whole number"),
            ("\"port\": 80.5", "radio.json:2: port must be a whole number"),
            ("\"port\": 1e300", "radio.json:2: port must be a whole number"),
            ("\"port\": null", "radio.json:2: port must be a whole number"),
            ("\"bind\": 127", "radio.json:2: bind must be text in quotes"),
            ("\"bind\": {}", "radio.json:2: bind must be text in quotes"),
            ("\"hls\": 5", "radio.json:2: hls must be an object in braces"),
            ("\"hls\": {\"part_duration\": true}", "radio.json:2: hls.part_duration must be a number"),
            ("\"streams\": []", "radio.json:2: streams must be an object in braces"),
            ("\"streams\": {\"a\": 1}", "radio.json:2: streams.a must be an object in braces"),
            ("\"streams\": {\"a\": {\"root_route\": 1}}", "radio.json:2: streams.a.root_route must be true or false"),
        ]
    )
    func wrongKinds(member: String, problem: String) {
        #expect(self.file("{\n\(member)\n}").problems == [problem])
    }

    @Test("a wrong value is not repeated: it could be a password")
    func wrongValuesAreNotShown() {
        let file = self.file(#"{"streams": {"test": {"source_password": ["hackme"]}}}"#)
        #expect(file.problems == ["radio.json:1: streams.test.source_password must be text in quotes"])
    }

    @Test("what asks for transcoding is refused with the reason")
    func refusedKeys() {
        let file = self.file("{\"transcoder\": 1,\n\"streams\": {\"test\": {\"ffmpeg_args\": [\"-x\"]}}}")
        #expect(file.problems.count == 2)
        #expect(file.problems.contains { $0.hasPrefix("radio.json:1: transcoder is refused: transcoding") })
        #expect(file.problems.contains { $0.hasPrefix("radio.json:2: streams.test.ffmpeg_args is refused: transc") })
    }

    @Test("StreamMachine's other keys are accepted, with a warning that says what becomes of them")
    func keysWithoutEffect() {
        let file = self.file(#"{"chunk_duration": 2, "redis": {"server": "x"}, "streams": {"a": {"fallback": "b"}}}"#)
        #expect(file.problems == [])
        #expect(
            file.warnings == [
                "radio.json:1: chunk_duration is ignored: parts follow from hls.part_duration",
                "radio.json:1: redis has no effect in this version",
                "radio.json:1: streams.a.fallback has no effect in this version",
            ]
        )
    }

    @Test("known keys below `log` work, and its others are warned about by name")
    func keysBelowAKey() {
        let file = self.file(#"{"log": {"level": "debug", "leval": 1}}"#)
        #expect(file.values[AbsoluteConfigKey(["log", "level"])]?.content == .string("debug"))
        #expect(file.warnings == ["radio.json:1: log.leval is not a known key and is ignored; did you mean level?"])
    }

    @Test("what is not a JSON object is one problem", arguments: ["", "{ not json", "[1]", "{\"a\": 1", "7", "\u{0}"])
    func notAnObject(text: String) {
        let file = self.file(text)
        #expect(file.problems.count == 1)
        #expect(file.problems.first?.hasPrefix("radio.json: not a JSON object") == true)
        #expect(file.streamNames == [])
    }

    @Test("nesting without end is a problem, not a crash")
    func endlessNesting() {
        let text = #"{"redis": "# + String(repeating: "[", count: 100_000)
        #expect(self.file(text).problems.count == 1)
    }
}

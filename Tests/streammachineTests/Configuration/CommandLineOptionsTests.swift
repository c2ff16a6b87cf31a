// CommandLineOptionsTests: every spelling of an option, and those that are none.

import Testing

@testable import streammachine

@Suite("CommandLineOptions")
struct CommandLineOptionsTests {
    @Test(
        "a key may be spelt with dots, dashes, underscores, or nconf's colons",
        arguments: [
            ("--source_port", "--source_port"), ("--source-port", "--source_port"), ("--sourceport", "--source_port"),
            ("--hls.window", "--hls-window"), ("--hls:window", "--hls-window"), ("--hls-window", "--hls-window"),
            ("--streams:test:seconds", "--streams-test-seconds"),
            ("--streams.test.metaTitle", "--streams-test-meta-title"),
            ("--streams-test-meta-title", "--streams-test-meta-title"),
        ]
    )
    func spellings(option: String, providers: String) {
        let separate = CommandLineOptions([option, "7"], streamNames: ["test"])
        #expect(separate.arguments == [providers, "7"])
        #expect(separate.problems == [])
        #expect(CommandLineOptions([option + "=7"], streamNames: ["test"]).arguments == [providers + "=7"])
    }

    @Test("a value may hold dashes and equal signs")
    func valuesAreKept() {
        let options = CommandLineOptions(["--bind=a--b=c", "--hls.window", "-5"], streamNames: [])
        #expect(options.arguments == ["--bind=a--b=c", "--hls-window", "-5"])
        #expect(options.problems == [])
    }

    @Test(
        "what is no key in use is a problem with its name",
        arguments: ["--no-such-option", "--", "--streams:other:seconds", "--redis", "--transcoder", "--streams"]
    )
    func unknownOptions(option: String) {
        let options = CommandLineOptions([option + "=secret"], streamNames: ["test"])
        #expect(options.arguments == [])
        #expect(options.problems == ["\(option) is not a known option; options are named as the keys of the file"])
    }
}

// RouteTests: what paths lead to.

import HLS
import Testing

@testable import Origin

@Suite struct RouteTests {
    private let streams = Station([.test(), .test("a.b-c_d.mp3"), .test("root.one", isRoot: true)]).streams

    /// A route in a form that can be compared.
    private func route(_ path: String, _ streams: StreamDirectory? = nil) -> String {
        switch Route(path: path, in: streams ?? self.streams) {
        case .audio(let stream): "audio \(stream.name)"
        case .playlist(let stream, let container): "playlist \(stream.name) \(container?.rawValue ?? "standard")"
        case .multivariant(let stream): "multivariant \(stream.name)"
        case .segment(let stream, let container, let slot, _): "segment \(stream.name) \(container.rawValue) \(slot)"
        case .archive(let stream): "archive \(stream.name)"
        case .tuneIn(let stream, let file): "\(file.rawValue) \(stream.name)"
        case .nothing: "nothing"
        }
    }

    @Test(
        "every path of the contract leads where it says",
        arguments: [
            ("/test", "audio test"), ("/a.b-c_d.mp3", "audio a.b-c_d.mp3"), ("/", "audio root.one"),
            ("/;", "audio root.one"), ("/;stream.nsv", "audio root.one"), ("/;stream.mp3", "audio root.one"),
            ("/test.m3u8", "playlist test standard"), ("/a.b-c_d.mp3.m3u8", "playlist a.b-c_d.mp3 standard"),
            ("/test/ts/live.m3u8", "playlist test ts"), ("/test/packed/live.m3u8", "playlist test packed"),
            ("/test/master.m3u8", "multivariant test"), ("/test/archive.json", "archive test"),
            ("/test/ts/5760-960/310763888.ts", "segment test ts 310763888"),
            ("/test/packed/5760-960/310763888.aac", "segment test packed 310763888"),
            ("/test/packed/5760-960/310763888.mp3", "segment test packed 310763888"),
            ("/a.b-c_d.mp3/ts/5760-960/1.ts", "segment a.b-c_d.mp3 ts 1"), ("/test.m3u", "m3u test"),
            ("/test.pls", "pls test"), ("/test.xspf", "xspf test"), ("/listen.pls", "pls root.one"),
        ]
    )
    func contract(path: String, expected: String) {
        #expect(self.route(path) == expected)
    }

    @Test(
        "anything else leads nowhere",
        arguments: [
            "/nowhere", "/nowhere.m3u8", "/Test", "/test/", "//test", "/test/ts", "/test/ts/", "/test/ts/master.m3u8",
            "/test/fmp4/live.m3u8", "/test/TS/live.m3u8", "/test/live.m3u8", "/test/ts/live.m3u8/", "/master.m3u8",
            "/test/master.m3u8/x", "/../test", "/test/../test", "/./test", "/test/ts/../../etc/passwd", "/.m3u8",
            "/test\u{0}", "/test%00", "/test.m3u8.m3u8", "/nowhere.pls", "/.pls", "/test.PLS", "/é",
        ]
    )
    func nothing(path: String) {
        #expect(self.route(path) == "nothing")
    }

    @Test(
        "a segment of another grid, ending or number is nothing",
        arguments: [
            "5760-961/1.ts", "5761-960/1.ts", "5760/1.ts", "05760-960/1.ts", "5760-960/1.mp3", "5760-960/1.aac",
            "5760-960/1", "5760-960/1.", "5760-960/.ts", "5760-960/-1.ts", "5760-960/+1.ts", "5760-960/1.0.ts",
            "5760-960/9223372036854775808.ts", "5760-960/99999999999999999999999999.ts", "5760-960/1 .ts",
            "5760-960/１.ts", "5760-960/0x1.ts", "5760-960//1.ts", "5760-960/1.ts/", "5760-960/1.TS",
        ]
    )
    func wrongSegments(path: String) {
        #expect(self.route("/test/ts/" + path) == "nothing")
    }

    @Test("a segment has one address")
    func oneAddress() {
        #expect(self.route("/test/ts/5760-960/9223372036854775807.ts") == "segment test ts 9223372036854775807")
        #expect(self.route("/test/ts/5760-960/000310763888.ts") == "nothing")
    }

    @Test("without a root stream, the root leads nowhere")
    func noRoot() {
        let streams = Station([.test()]).streams
        for path in ["/", "/;", "/;stream.nsv", "/listen.pls"] { #expect(self.route(path, streams) == "nothing") }
    }

    @Test("a stream's exact name comes before what its ending could mean")
    func exactName() {
        let streams = Station([.test("x"), .test("x.m3u8"), .test("x.pls")]).streams
        #expect(self.route("/x.m3u8", streams) == "audio x.m3u8")
        #expect(self.route("/x.pls", streams) == "audio x.pls")
        #expect(self.route("/x.m3u8.m3u8", streams) == "playlist x.m3u8 standard")
    }
}

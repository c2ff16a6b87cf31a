// StreamDirectoryTests: streams by name.

import Testing

@testable import Origin

@Suite struct StreamDirectoryTests {
    @Test("streams are found by their exact name, listed in order, and one of them is the root")
    func names() {
        let streams = Station([.test("b"), .test("a", isRoot: true), .test("C")]).streams
        #expect(streams.names == ["C", "a", "b"] && streams.all.map(\.name) == streams.names)
        #expect(streams["a"]?.name == "a" && streams["c"] == nil && streams[""] == nil)
        #expect(streams.root?.name == "a")
        #expect(Station([]).streams.root == nil)
    }
}

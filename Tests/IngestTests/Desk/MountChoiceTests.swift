// MountChoiceTests: passwords that choose a mount.

import Ingest
import Testing

@Suite("MountChoice")
struct MountChoiceTests {
    private static let keys = [
        MountKey(mount: "a", password: "one", isRoot: false),
        MountKey(mount: "b", password: "two", isRoot: false),
        MountKey(mount: "c", password: "two", isRoot: false),
        MountKey(mount: "d", password: "x:y", isRoot: false),
        MountKey(mount: "e", password: "", isRoot: false),
        MountKey(mount: "root", password: "three", isRoot: true),
        MountKey(mount: "z", password: "three", isRoot: false),
        MountKey(mount: "x", password: "b:two", isRoot: false),
        MountKey(mount: "sub/live", password: "four", isRoot: false),
    ]

    @Test(
        "a mount is named before the password, or is the root's, or the only one that has the password",
        arguments: [
            ("one", .mount("a")), ("a:one", .mount("a")), ("/a:one", .mount("a")),
            ("b:two", .mount("b")), ("c:two", .mount("c")), ("two", .ambiguous(["b", "c"])),
            ("three", .mount("root")), ("z:three", .mount("z")), ("root:three", .mount("root")),
            ("x:y", .mount("d")), ("d:x:y", .mount("d")), ("x:b:two", .mount("x")),
            ("sub/live:four", .mount("sub/live")), ("four", .mount("sub/live")),
        ] as [(String, MountChoice)]
    )
    func choosing(password: String, choice: MountChoice) {
        #expect(MountChoice(password, among: Self.keys) == choice)
    }

    @Test(
        "whatever else is presented opens nothing, an empty password least of all",
        arguments: ["", ":", "e:", "e", "a:", "a:two", ":one", "one:", "a:one ", "nosuch:one", "ONE", "a:a:one"]
    )
    func wrong(password: String) {
        #expect(MountChoice(password, among: Self.keys) == .wrongPassword)
        #expect(MountChoice(password, among: []) == .wrongPassword)
    }

    @Test("the colon is the byte, whatever character stands behind it")
    func combining() {
        let key = MountKey(mount: "a", password: "\u{301}pw", isRoot: false)
        #expect(MountChoice("a:\u{301}pw", among: [key]) == .mount("a"))
    }
}

// StreamDirectory: the streams of a server, by name.

/// The streams of a server, by name.
package struct StreamDirectory: Sendable {
    private let byName: [String: Stream]
    /// The stream that `/` leads to.
    package let root: Stream?

    package init(_ streams: [Stream]) {
        self.byName = Dictionary(streams.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        self.root = streams.first { $0.definition.isRoot }
    }

    package subscript(name: String) -> Stream? { self.byName[name] }

    /// All streams, by name.
    package var all: [Stream] { self.byName.values.sorted { $0.name < $1.name } }

    package var names: [String] { self.byName.keys.sorted() }
}

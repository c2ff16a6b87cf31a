// SourceDescription: what an encoder says of its programme, in any of its dialects.

/// What an encoder says of its programme, from the `ice-`, `icy-` and `x-audiocast-` headers (legacy-streaming A.4).
package struct SourceDescription: Hashable, Sendable {
    package var name: String?
    package var description: String?
    package var genre: String?
    package var url: String?
    package var isPublic = false
    /// In kbit/s, as the encoder states it; what it sends may differ.
    package var bitrate: Int?

    package init() {}

    /// Reads the headers through a look-up that ignores the case of their names.
    package init(header: (StaticString) -> String?) {
        func first(_ names: StaticString...) -> String? {
            names.lazy.compactMap(header).first { !$0.isEmpty }
        }
        self.name = first("ice-name", "icy-name", "x-audiocast-name")
        self.description = first("ice-description", "icy-description", "x-audiocast-description")
        self.genre = first("ice-genre", "icy-genre", "x-audiocast-genre")
        self.url = first("ice-url", "icy-url", "x-audiocast-url")
        self.isPublic = first("ice-public", "icy-pub", "icy-public", "x-audiocast-public") == "1"
        self.bitrate =
            first("ice-bitrate", "icy-br", "x-audiocast-bitrate").flatMap(Self.leadingNumber)
            ?? header("ice-audio-info").flatMap(Self.bitrate(inAudioInfo:))
    }

    /// The bit rate in `bitrate=128;samplerate=44100`; butt writes `ice-bitrate=128`, so the end of the key counts.
    private static func bitrate(inAudioInfo info: String) -> Int? {
        for pair in info.split(separator: ";") {
            let sides = pair.split(separator: "=", maxSplits: 1)
            guard sides.count == 2, sides[0].lowercased().hasSuffix("bitrate") else { continue }
            if let rate = Self.leadingNumber(String(sides[1])) { return rate }
        }
        return nil
    }

    /// The number a text begins with: `128`, `128,128` and `128kbps` are all 128.
    private static func leadingNumber(_ text: String) -> Int? {
        let digits = text.drop { $0 == " " }.prefix { $0.isASCII && $0.isNumber }
        return Int(digits).flatMap { $0 > 0 ? $0 : nil }
    }
}

// ID3Reader: a strict reader of ID3v2.4 tags, written from the standard.

/// The frames of the tag at the head of some octets, and what comes after it.
struct ID3Reader {
    struct Violation: Error {}

    private(set) var frames: [(name: String, body: [UInt8])] = []
    let rest: [UInt8]

    init(_ bytes: [UInt8]) throws {
        guard bytes.count >= 10, bytes[..<6] == [0x49, 0x44, 0x33, 4, 0, 0] else { throw Violation() }
        let size = try Self.syncSafe(bytes[6..<10])
        guard bytes.count >= 10 + size else { throw Violation() }
        var tag = bytes[10..<(10 + size)]
        self.rest = Array(bytes[(10 + size)...])
        while !tag.isEmpty {
            let header = Array(tag.prefix(10))
            guard header.count == 10, header[8] == 0, header[9] == 0 else { throw Violation() }
            let length = try Self.syncSafe(header[4..<8])
            tag = tag.dropFirst(10)
            guard length > 0, tag.count >= length else { throw Violation() }
            self.frames.append((String(decoding: header[..<4], as: UTF8.self), Array(tag.prefix(length))))
            tag = tag.dropFirst(length)
        }
    }

    /// The time of the PRIV frame.
    var ticks: Int64? {
        let owner = Array("com.apple.streaming.transportStreamTimestamp\0".utf8)
        let times = self.frames.filter { $0.name == "PRIV" && $0.body.starts(with: owner) }
        guard times.count == 1, times[0].body.count == owner.count + 8 else { return nil }
        return times[0].body.suffix(8).reduce(0) { $0 << 8 | Int64($1) }
    }

    var title: String? {
        let titles = self.frames.filter { $0.name == "TIT2" }
        guard titles.count == 1, titles[0].body.first == 3 else { return nil }
        return String(validating: titles[0].body.dropFirst(), as: UTF8.self)
    }

    private static func syncSafe(_ bytes: ArraySlice<UInt8>) throws -> Int {
        guard bytes.allSatisfy({ $0 < 0x80 }) else { throw Violation() }
        return bytes.reduce(0) { $0 << 7 | Int($1) }
    }
}

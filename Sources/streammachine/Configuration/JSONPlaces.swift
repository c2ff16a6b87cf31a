// JSONPlaces: the lines on which the keys of a JSON text stand.

/// The lines on which the keys of a JSON text stand, so that a message can point at them.
///
/// It relies on the text being valid JSON, which the decoder has checked before.
struct JSONPlaces {
    private var lines: [[String]: Int] = [:]

    /// The line of a key, counted from 1.
    subscript(path: [String]) -> Int? { self.lines[path] }

    init(_ text: String) {
        var path: [String] = []
        var pendingKey: String?
        var line = 1
        var keyLine = 1
        var characters = text.unicodeScalars.makeIterator()
        while let scalar = characters.next() {
            switch scalar {
            case "\n": line += 1
            case "{", "[": path.append(pendingKey ?? "")
            case "}", "]": _ = path.popLast()
            case "\"":
                pendingKey = Self.string(&characters)
                keyLine = line
            case ":":
                guard let key = pendingKey else { continue }
                let full = path.dropFirst() + [key]
                self.lines[Array(full)] = self.lines[Array(full)] ?? keyLine
            case ",": pendingKey = nil
            default: break
            }
        }
    }

    private static func string(_ characters: inout String.UnicodeScalarView.Iterator) -> String {
        var result = String.UnicodeScalarView()
        while let scalar = characters.next(), scalar != "\"" {
            if scalar == "\\", let escaped = characters.next() {
                result.append(escaped)
            } else {
                result.append(scalar)
            }
        }
        return String(result)
    }
}

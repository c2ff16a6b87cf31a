// ConfigurationFile: one walk of the JSON file for names, unknown keys and places.

import Configuration
import Foundation

/// A configuration file as read: values for the reader, names of streams, and what is wrong with it.
///
/// swift-configuration answers for keys that it is asked for but cannot list them; this walk does.
struct ConfigurationFile {
    private(set) var values: [AbsoluteConfigKey: ConfigValue] = [:]
    private(set) var streamNames: [String] = []
    private(set) var problems: [String] = []
    private(set) var warnings: [String] = []
    private let places: JSONPlaces
    private let name: String

    /// Walks a JSON text; `name` is how messages call it.
    init(_ text: String, name: String) {
        self.name = name
        do {
            let root = try JSONDecoder().decode([String: JSONValue].self, from: Data(text.utf8))
            self.places = JSONPlaces(text)
            for (key, value) in root.sorted(by: { $0.key < $1.key }) { self.walk([key], value) }
        } catch {
            self.places = JSONPlaces("")
            self.problems = ["\(name): not a JSON object: \(Self.reason(error))"]
        }
    }

    /// Where a key stands, for messages.
    func place(of path: [String]) -> String {
        let key = path.joined(separator: ".")
        guard let line = self.places[path] else { return "\(self.name): \(key)" }
        return "\(self.name):\(line): \(key)"
    }

    private mutating func walk(_ path: [String], _ value: JSONValue) {
        if path.first == "streams", path.count == 2 { self.streamNames.append(path[1]) }
        if let key = ConfigurationKey.find(path), !self.hasKeysBelow(path, value) {
            self.take(key, path, value)
        } else if case .object(let members) = value, self.leads(path) {
            for (name, member) in members.sorted(by: { $0.key < $1.key }) { self.walk(path + [name], member) }
        } else if self.leads(path) {
            self.problems.append("\(self.place(of: path)) must be an object in braces")
        } else {
            let hint = ConfigurationKey.suggestion(for: path).map { "; did you mean \($0)?" } ?? ""
            self.warnings.append("\(self.place(of: path)) is not a known key and is ignored\(hint)")
        }
    }

    /// Whether keys are known below a path that is a key itself, such as `log`.
    private func hasKeysBelow(_ path: [String], _ value: JSONValue) -> Bool {
        guard case .object = value else { return false }
        return self.leads(path)
    }

    private func leads(_ path: [String]) -> Bool {
        ConfigurationKey.all.contains { key in
            key.path.count > path.count && zip(key.path, path).allSatisfy { $0 == "*" || $0 == $1 }
        }
    }

    private mutating func take(_ key: ConfigurationKey, _ path: [String], _ value: JSONValue) {
        switch key.use {
        case .refused(let reason):
            self.problems.append("\(self.place(of: path)) is refused: \(reason)")
        case .ignored(let reason):
            self.warnings.append("\(self.place(of: path)) is ignored: \(reason)")
        case .withoutEffect:
            self.warnings.append("\(self.place(of: path)) has no effect in this version")
        case .used:
            guard let content = Self.content(value, key.kind) else {
                self.problems.append("\(self.place(of: path)) must be \(key.kind.rawValue)")
                return
            }
            self.values[AbsoluteConfigKey(path)] = ConfigValue(content, isSecret: path.last == "source_password")
        }
    }

    private static func content(_ value: JSONValue, _ kind: ConfigurationKey.Kind) -> ConfigContent? {
        switch (kind, value) {
        case (.text, .text(let text)): .string(text)
        case (.integer, .integer(let integer)): .int(integer)
        case (.number, .integer(let integer)): .double(Double(integer))
        case (.number, .number(let number)): .double(number)
        case (.flag, .flag(let flag)): .bool(flag)
        default: nil
        }
    }

    private static func reason(_ error: any Error) -> String {
        guard case DecodingError.dataCorrupted(let context) = error, let cause = context.underlyingError else {
            return "\(error)"
        }
        return (cause as NSError).userInfo[NSDebugDescriptionErrorKey] as? String ?? "\(cause)"
    }
}

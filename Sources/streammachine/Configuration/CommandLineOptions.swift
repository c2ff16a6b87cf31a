// CommandLineOptions: the options behind `serve`, in the spelling that the provider looks for.

/// The options behind `serve`, checked against the known keys.
///
/// `--source_port 1`, `--source-port=1`, `--store.dir x` and nconf's `--streams:test:seconds 60` all work.
struct CommandLineOptions {
    private(set) var arguments: [String] = []
    private(set) var problems: [String] = []

    init(_ options: [String], streamNames: [String]) {
        let known = Self.spellings(streamNames)
        for option in options {
            guard option.hasPrefix("--") else {
                self.arguments.append(option)
                continue
            }
            let name = option.prefix { $0 != "=" }
            if let spelling = known[Self.folded(name.dropFirst(2))] {
                self.arguments.append(spelling + option.dropFirst(name.count))
            } else {
                self.problems.append("\(name) is not a known option; options are named as the keys of the file")
            }
        }
    }

    /// The provider's spelling of every key, by its letters and digits.
    private static func spellings(_ streamNames: [String]) -> [String: String] {
        var result: [String: String] = [:]
        for key in ConfigurationKey.all {
            guard case .used = key.use else { continue }
            let names = key.path.contains("*") ? streamNames : [""]
            for name in names {
                let path = key.path.map { $0 == "*" ? name : $0 }
                result[Self.folded(path.joined()[...])] = "--" + path.map(Self.dashed).joined(separator: "-")
            }
        }
        return result
    }

    private static func folded(_ name: Substring) -> String {
        name.filter { $0.isLetter || $0.isNumber }.lowercased()
    }

    /// A component with a dash where camel case begins a word, in lower case.
    private static func dashed(_ component: String) -> String {
        var result = ""
        var wasLowercase = false
        for character in component {
            if character.isUppercase, wasLowercase { result.append("-") }
            wasLowercase = character.isLowercase
            result.append(character)
        }
        return result.lowercased()
    }
}

// SettingsResult: what reading a configuration gives.

@testable import streammachine

/// What reading a configuration gives; the file is called radio.json.
struct SettingsResult {
    /// A stream that is valid, as a member of the file's object.
    static let oneStream = #""streams": {"test": {"source_password": "pw"}}"#

    let settings: ServerSettings
    let problems: [String]
    let warnings: [String]

    init(_ text: String, environment: [String: String] = [:], arguments: [String] = []) async {
        var reader = SettingsReader(
            text: text,
            fileName: "radio.json",
            environment: environment,
            arguments: arguments
        )
        self.settings = await reader.read()
        self.problems = reader.problems
        self.warnings = reader.warnings
    }
}

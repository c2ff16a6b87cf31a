// BasicCredentials: a user name and a password, as HTTP Basic carries them.

/// A user name and a password, as HTTP Basic carries them (RFC 7617).
///
/// The user name may be empty, as many encoders leave it; the password may hold colons. Printing one never shows the
/// password.
package struct BasicCredentials: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible {
    package let user: String
    package let password: String

    package init(user: String, password: String) {
        self.user = user
        self.password = password
    }

    /// Reads the value of an `Authorization` header.
    ///
    /// `nil` for another scheme, and for what is not base64 of `user:password`.
    package init?(authorization value: String) {
        let scheme = "basic ".utf8
        guard value.utf8.count > scheme.count,
            zip(value.utf8, scheme).allSatisfy({ ASCII.lowercased($0) == $1 })
        else { return nil }
        let encoded = value.utf8.dropFirst(scheme.count).drop(while: ASCII.isBlank)
        guard let decoded = Base64.decode(encoded), let colon = decoded.firstIndex(of: UInt8(ascii: ":")) else {
            return nil
        }
        self.user = LegacyText.decode(decoded[..<colon])
        self.password = LegacyText.decode(decoded[(colon + 1)...])
    }

    /// Whether the password is this one, compared in constant time.
    package func hasPassword(_ secret: String) -> Bool {
        ConstantTime.equals(self.password, secret)
    }

    package var description: String { "BasicCredentials(user: \(self.user), password: not shown)" }
    package var debugDescription: String { self.description }
}

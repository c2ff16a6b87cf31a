// MountChoice: which mount a password opens.

/// Which mount a password opens, for SHOUTcast sources and their titles, which name none (contract section 4).
package enum MountChoice: Hashable, Sendable {
    case mount(String)
    case wrongPassword
    /// The password is right for several mounts, and none of them is the root's.
    case ambiguous([String])

    /// Reads `mount:password`, else finds the root's mount that has this password, else the only one that has it.
    ///
    /// A password may hold colons itself, so the part before the first counts as a name only with the right password
    /// behind it. Every comparison is made whatever the others say: the time tells nothing about passwords.
    package init(_ presented: String, among keys: [MountKey]) {
        let colon = presented.utf8.firstIndex(of: UInt8(ascii: ":"))
        let name = colon.map { MountName.fromPath(String(presented[..<$0])) }
        let rest = colon.map { String(presented[presented.utf8.index(after: $0)...]) } ?? presented

        let named = keys.filter { $0.fits(rest) }.first { $0.mount == name }
        let fitting = keys.filter { $0.fits(presented) }
        if let key = named ?? fitting.first(where: \.isRoot) {
            self = .mount(key.mount)
        } else if let only = fitting.first {
            self = fitting.count == 1 ? .mount(only.mount) : .ambiguous(fitting.map(\.mount))
        } else {
            self = .wrongPassword
        }
    }
}

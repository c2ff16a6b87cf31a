// MountKey: a mount and the password that opens it.

import Wire

/// A mount and the password that opens it.
package struct MountKey: Sendable {
    package let mount: String
    package let password: String
    /// Whether it is the mount of the stream that `/` leads to.
    package let isRoot: Bool

    package init(mount: String, password: String, isRoot: Bool) {
        self.mount = mount
        self.password = password
        self.isRoot = isRoot
    }

    /// Whether the password is this mount's; one that has none is opened by nothing.
    func fits(_ password: String) -> Bool {
        ConstantTime.equals(password, self.password) && !self.password.isEmpty
    }
}

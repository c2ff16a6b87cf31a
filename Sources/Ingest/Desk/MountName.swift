// MountName: a mount as paths and parameters name it.

/// A mount as paths and parameters name it: `/live` is the mount `live`.
enum MountName {
    static func fromPath(_ path: String) -> String {
        path.hasPrefix("/") ? String(path.dropFirst()) : path
    }
}

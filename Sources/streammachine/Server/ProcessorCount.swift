// ProcessorCount: the cores that this process may run on.

import Foundation

/// The cores that this process may run on: `taskset` and containers narrow what the machine has.
enum ProcessorCount {
    static var current: Int {
        // `sched_getaffinity` is a GNU extension that Swift does not see; the kernel tells the same here.
        guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
            let count = Self.allowed(in: status)
        else { return ProcessInfo.processInfo.activeProcessorCount }
        return count
    }

    /// Reads the mask of allowed cores: hexadecimal digits in groups, such as `ff,ffffffff`.
    static func allowed(in status: String) -> Int? {
        let prefix = "Cpus_allowed:"
        guard let line = status.split(separator: "\n").first(where: { $0.hasPrefix(prefix) }) else { return nil }
        let count = line.dropFirst(prefix.count).compactMap(\.hexDigitValue).reduce(0) { $0 + $1.nonzeroBitCount }
        return count > 0 ? count : nil
    }
}

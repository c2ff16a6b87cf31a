// ConstantTime: a comparison that does not tell how much of a secret was right.

/// Compares secrets without telling, by the time it takes, how much of a guess was right.
package enum ConstantTime {
    /// Whether what was presented is the secret; the time depends on the length presented, and on nothing else.
    package static func equals(_ presented: String, _ secret: String) -> Bool {
        Self.equals(Array(presented.utf8), Array(secret.utf8))
    }

    /// Whether what was presented is the secret; the time depends on the length presented, and on nothing else.
    package static func equals(_ presented: [UInt8], _ secret: [UInt8]) -> Bool {
        // An empty secret is compared with a byte that is not there, so that the loop is the same for it.
        let secretBytes = secret.isEmpty ? [0] : secret
        var difference = presented.count ^ secret.count
        var index = 0
        for byte in presented {
            difference |= Int(byte ^ secretBytes[index])
            index += 1
            index = index == secretBytes.count ? 0 : index
        }
        return difference == 0
    }
}

// LagPolicy: what becomes of a listener that falls behind its place.

/// What becomes of a listener that falls behind its place.
///
/// A listener keeps the distance to the live edge that it began with. One that is `allowance` parts further behind jumps back to its
/// place; one that must jump twice within a minute, or has taken nothing since its last jump, is closed. Distances are ordinals: parts on the clock.
package struct LagPolicy: Sendable {
    package enum Action: Equatable, Sendable {
        case keep
        /// Move to this ordinal.
        case jump(Int64)
        case close
    }

    private let distance: Int64
    private let allowance: Int64
    private let partsPerMinute: Int64
    private var lastJump: Int64?

    /// Makes the policy of a listener that begins at `start` while the live edge is at `edge`.
    package init(start: Int64, edge: Int64, allowance: Int64, partsPerMinute: Int64) {
        self.distance = max(0, edge - start)
        self.allowance = allowance
        self.partsPerMinute = partsPerMinute
    }

    /// Judges a listener that cannot take bytes now.
    package mutating func judge(place: Int64, edge: Int64) -> Action {
        guard edge - place > self.distance + self.allowance else { return .keep }
        return self.jump(edge: edge)
    }

    /// Judges a listener whose place has left the rewind window.
    package mutating func judgeExpired(edge: Int64) -> Action {
        self.jump(edge: edge)
    }

    private mutating func jump(edge: Int64) -> Action {
        // A listener that takes nothing comes here again one part after `allowance` parts, however many those are.
        let tooSoon = max(self.partsPerMinute, self.allowance + 1)
        if let last = self.lastJump, edge - last <= tooSoon { return .close }
        self.lastJump = edge
        return .jump(edge - self.distance)
    }
}

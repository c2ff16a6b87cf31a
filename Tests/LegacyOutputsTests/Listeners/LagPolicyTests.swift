// LagPolicyTests: what becomes of a listener that falls behind.

import LegacyOutputs
import Testing

@Suite struct LagPolicyTests {
    private func policy(start: Int64 = 990, edge: Int64 = 1_000) -> LagPolicy {
        LagPolicy(start: start, edge: edge, allowance: 31, partsPerMinute: 62)
    }

    @Test("a listener may be its own distance and the allowance behind, and not a part more")
    func keeps() {
        var policy = self.policy()
        #expect(policy.judge(place: 990, edge: 1_000) == .keep)
        #expect(policy.judge(place: 990, edge: 1_031) == .keep)
        #expect(policy.judge(place: 990, edge: 1_032) == .jump(1_022))
    }

    @Test("a listener that starts at the edge, or waits before it, has no distance")
    func noDistance() {
        for start in [1_000, 1_001, 5_000] as [Int64] {
            var policy = self.policy(start: start)
            #expect(policy.judge(place: 1_000, edge: 1_031) == .keep)
            #expect(policy.judge(place: 1_000, edge: 1_032) == .jump(1_032))
        }
    }

    @Test("a second jump within a minute closes; after a minute it is a jump again")
    func twice() {
        var policy = self.policy()
        #expect(policy.judge(place: 990, edge: 1_040) == .jump(1_030))
        #expect(policy.judge(place: 1_030, edge: 1_071) == .keep)
        var early = policy
        #expect(early.judge(place: 1_030, edge: 1_102) == .close)
        #expect(policy.judge(place: 1_060, edge: 1_103) == .jump(1_093))
        #expect(policy.judge(place: 1_093, edge: 1_140) == .close)
    }

    @Test("a listener whose place has expired jumps to its distance, then is closed")
    func expired() {
        var policy = self.policy(start: 0)
        #expect(policy.judgeExpired(edge: 1_500) == .jump(500))
        #expect(policy.judgeExpired(edge: 1_510) == .close)
        var mixed = self.policy()
        #expect(mixed.judge(place: 0, edge: 2_000) == .jump(1_990))
        #expect(mixed.judgeExpired(edge: 2_062) == .close)
    }

    @Test(
        "a listener that takes nothing at all is closed in the end, whatever its allowance",
        arguments: [31, 61, 62, 125] as [Int64]
    )
    func stalled(allowance: Int64) {
        var policy = LagPolicy(start: 1_000, edge: 1_000, allowance: allowance, partsPerMinute: 62)
        var place: Int64 = 1_000
        var isClosed = false
        for edge in Int64(1_000)..<10_000 {
            switch policy.judge(place: place, edge: edge) {
            case .keep: break
            case .jump(let ordinal): place = ordinal
            case .close: isClosed = true
            }
        }
        #expect(isClosed)
    }
}

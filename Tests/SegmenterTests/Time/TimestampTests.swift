// TimestampTests: moments compared and moved.

import Segmenter
import Testing

@Suite struct TimestampTests {
    @Test("moments are ordered, moved and told apart in whole milliseconds, before 1970 too")
    func arithmetic() {
        let moment = Timestamp(milliseconds: -5)
        #expect(moment < Timestamp(milliseconds: -4) && !(moment < moment))
        #expect(moment.advanced(byMilliseconds: 10) == Timestamp(milliseconds: 5))
        #expect(moment.millisecondsSince(Timestamp(milliseconds: 7)) == -12)
        #expect(max(moment, Timestamp(milliseconds: 0)) == Timestamp(milliseconds: 0))
    }
}

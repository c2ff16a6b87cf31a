// Backlog: what an encoder delivers at connect, until its media time is known.

/// What an encoder delivers at connect, held until its media time is known.
///
/// Encoders send what they have buffered in one go. It is collected until delivery has come down to real time or a second has
/// passed; then the least delayed frame is taken as captured at its arrival, and all others are dated from it.
struct Backlog {
    /// How a collection ended.
    enum Outcome: Equatable {
        case collecting
        /// Delivery is down to real time: the frames can be dated.
        case settled
        /// Half a minute of audio in under a second: not a backlog but a source without pacing of its own.
        case flooded
    }

    private static let longest: Int64 = 1_000_000
    private static let step: Int64 = 100_000
    private static let flood: Int64 = 30_000_000

    private(set) var frames: [Frame] = []
    private var received: Int64 = 0
    private let began: Int64
    private var stepBegan: Int64
    private var receivedAtStep: Int64 = 0
    /// The earliest moment the first frame may have begun: the least of arrival minus audio received.
    private(set) var firstFrameTime = Int64.max

    init(at now: Int64) {
        self.began = now
        self.stepBegan = now
    }

    mutating func append(_ frames: [Frame], at now: Int64) {
        for frame in frames {
            self.frames.append(frame)
            self.received += frame.microseconds
        }
        self.firstFrameTime = min(self.firstFrameTime, now - self.received)
    }

    /// Whether the frames can be dated by now.
    mutating func outcome(at now: Int64) -> Outcome {
        if self.received >= Self.flood { return .flooded }
        if now - self.began >= Self.longest { return .settled }
        let elapsed = now - self.stepBegan
        guard elapsed >= Self.step else { return .collecting }
        let delivered = self.received - self.receivedAtStep
        self.stepBegan = now
        self.receivedAtStep = self.received
        return delivered * 2 <= elapsed * 3 ? .settled : .collecting
    }
}

extension Frame {
    /// The frame's duration, rounded to the microsecond.
    var microseconds: Int64 {
        Int64(self.format.samplesPerFrame) * 1_000_000 / Int64(self.format.sampleRate)
    }
}

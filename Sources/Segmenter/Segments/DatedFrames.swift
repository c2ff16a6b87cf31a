// DatedFrames: dated pieces of audio, cut into frames.

import NIOCore

/// Dated pieces of audio, cut into frames, and the time at which the first frame of each cut begins.
///
/// A frame may begin in one piece and end in the next. Where a piece does not go on from the one before and begins with
/// a frame of its own, a frame whose end is missing is dropped.
struct DatedFrames {
    /// The frames that a piece completed.
    struct Cut {
        var frames: [Frame]
        /// When the first frame began, microseconds.
        let begin: Int64
        /// Why no more frames can follow.
        var failure: DatedAudioError?
    }

    /// How long the very first frame may wait for the next one's header.
    private static let longestFirstFrame: Int64 = 1_000_000

    private let partMilliseconds: Int64
    private var decoder = FrameDecoder()
    private var lastFrame: Frame?
    /// When the next frame begins, once the first of its bytes has come, microseconds.
    private var begin: Int64?

    init(grid: SlotGrid) {
        self.partMilliseconds = grid.partMilliseconds
    }

    /// Cuts a piece whose first byte is dated `time`; `position` is where the frames so far end.
    mutating func cut(_ bytes: ByteBuffer, at time: Timestamp, position: Int64?) -> Cut {
        self.date(bytes, at: time.milliseconds * 1_000, position: position)
        var cut = Cut(frames: [], begin: self.begin ?? time.milliseconds * 1_000)
        do throws(FrameError) {
            try self.decoder.decode(bytes, into: &cut.frames)
        } catch {
            cut.failure = .unreadableAudio(error, at: time)
        }
        self.keepAcceptable(&cut, at: time)
        if cut.frames.isEmpty, let change = self.codecChange(in: bytes, at: time) { cut.failure = change }
        if !cut.frames.isEmpty { self.begin = nil }
        return cut
    }

    /// Gives the frames that were held back because junk before them looked like a long frame.
    mutating func finish(at time: Timestamp) -> [Frame] {
        var rest = Cut(frames: [], begin: 0)
        self.decoder.finish(into: &rest.frames)
        self.decoder = FrameDecoder()
        self.keepAcceptable(&rest, at: time)
        return rest.frames
    }

    /// Finds when the next frame begins, given that bytes of `time` follow now.
    private mutating func date(_ bytes: ByteBuffer, at time: Int64, position: Int64?) {
        let begin = time - self.carried
        if self.decoder.bufferedBytes > 0, let due = self.begin ?? position {
            let tolerance = self.lastFrame == nil ? Self.longestFirstFrame : DatedAudio.tolerance
            let isDue = abs(begin - due) <= tolerance
            if isDue, self.begin != nil { return }
            if !isDue, Self.beginsWithFrame(bytes) {
                self.decoder = FrameDecoder()
                self.begin = time
                return
            }
        }
        self.begin = begin
    }

    /// How long the part of a frame plays that has come already, microseconds.
    private var carried: Int64 {
        guard let last = self.lastFrame else { return 0 }
        let length = Int64(last.bytes.readableBytes)
        return min(Int64(self.decoder.bufferedBytes), length) * last.microseconds / length
    }

    private static func beginsWithFrame(_ bytes: ByteBuffer) -> Bool {
        bytes.withUnsafeReadableBytes {
            if case .header = Landmark.read($0, at: 0) { true } else { false }
        }
    }

    /// Whether bytes without frames for the decoder, which keeps its codec, have frames of another one.
    private func codecChange(in bytes: ByteBuffer, at time: Timestamp) -> DatedAudioError? {
        guard let old = self.lastFrame?.format.codec, Self.beginsWithFrame(bytes) else { return nil }
        var frames: [Frame] = []
        var decoder = FrameDecoder()
        // A failure behind the first frame does not matter here.
        try? decoder.decode(bytes, into: &frames)
        guard let new = frames.first?.format.codec, new != old else { return nil }
        return .codecChange(from: old, to: new, at: time)
    }

    private mutating func keepAcceptable(_ cut: inout Cut, at time: Timestamp) {
        for (index, frame) in cut.frames.enumerated() {
            if let refusal = self.refusal(of: frame, at: time) {
                cut.failure = refusal
                cut.frames.removeSubrange(index...)
                return
            }
            self.lastFrame = frame
        }
    }

    private func refusal(of frame: Frame, at time: Timestamp) -> DatedAudioError? {
        guard frame.format != self.lastFrame?.format else { return nil }
        if let old = self.lastFrame?.format.codec, old != frame.format.codec {
            return .codecChange(from: old, to: frame.format.codec, at: time)
        }
        guard frame.microseconds <= self.partMilliseconds * 1_000 else {
            return .longFrame(frame, partMilliseconds: self.partMilliseconds, at: time)
        }
        return SilentFrame.matching(frame) == nil ? .unsupportedFormat(frame.format, at: time) : nil
    }
}

// SourceBody: an accepted source's body, bytes to frames.

import NIOCore
import Segmenter
import Wire

/// An accepted source's body: the framing is taken off and the rest is cut into frames.
struct SourceBody {
    enum Step {
        case needsMore
        case frames([Frame])
        case ended([Frame], SourceEnd)
        /// The frames before what went wrong, and how HTTP would put that.
        case failed([Frame], SourceEnd, Status, String)
    }

    private let framing: BodyFraming
    private var body: BodyDecoder
    private var decoder = FrameDecoder()
    private var hasFrames = false

    init(_ framing: BodyFraming) {
        self.framing = framing
        self.body = BodyDecoder(framing)
    }

    mutating func next(from buffer: inout ByteBuffer) -> Step {
        do throws(WireError) {
            switch try self.body.next(from: &buffer) {
            case .none: return .needsMore
            case .bytes(let bytes): return self.decode(bytes)
            case .end: return self.end(.finished)
            }
        } catch {
            return .failed([], .failed(reason: error.message), error.status, error.message)
        }
    }

    /// The connection is over: the end of a body that names none, too early for any other.
    mutating func connectionEnded() -> Step {
        let step = self.end(.closedByPeer)
        guard self.framing != .unspecified, case .ended(let frames, let end) = step else { return step }
        return .failed(frames, end, .badRequest, "The body is not complete.")
    }

    private mutating func decode(_ bytes: ByteBuffer) -> Step {
        var frames: [Frame] = []
        defer { self.hasFrames = self.hasFrames || !frames.isEmpty }
        do throws(FrameError) {
            try self.decoder.decode(bytes, into: &frames)
            return .frames(frames)
        } catch {
            return .failed(frames, .failed(reason: error.message), .unsupportedMediaType, error.message)
        }
    }

    private mutating func end(_ end: SourceEnd) -> Step {
        var frames: [Frame] = []
        self.decoder.finish(into: &frames)
        guard self.hasFrames || !frames.isEmpty || self.framing == .length(0) else {
            let reason = "The body ended without an audio frame: only MP3 or AAC in ADTS is accepted."
            return .failed([], .failed(reason: reason), .unsupportedMediaType, reason)
        }
        return .ended(frames, end)
    }
}

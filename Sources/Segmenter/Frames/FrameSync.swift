// FrameSync: decides what the next bytes of a source are.

/// Decides what the next bytes of a source are: a frame, a tag, junk, or too few to tell.
///
/// A frame counts when its header is valid and either it directly follows a frame that counted (tags between do not
/// matter), or a second header that continues it stands exactly at its end. So the newest frame of a running stream waits
/// for nothing, and a header that chance has put into junk is dropped, the search going on one byte later.
///
/// Each decision depends on the stream's bytes alone, never on how they were sliced.
struct FrameSync: Sendable {
    /// What the next bytes are; every length begins at the first of them.
    enum Step: Hashable, Sendable {
        case frame(length: Int, format: AudioFormat)
        /// Bytes that belong to no audio but are known; they may go on beyond the bytes given.
        case tag(length: Int)
        case junk(length: Int)
        /// No decision without more bytes.
        case wait
        case fail(FrameError)
    }

    /// Where the bytes stand.
    private enum State {
        case hunting
        /// At the end of a frame that counted.
        case following(FrameHeader)
    }

    /// What a place in the dark turned out to be.
    private enum Verdict {
        case frame(FrameHeader)
        case tag(length: Int)
        case freeFormat
        case reject
        case wait
    }

    private static let id3v1Length = 128

    private var state = State.hunting
    /// The codec of the first frame that counted, for good.
    private var codec: AudioFormat.Codec?
    private var freeFormat = FreeFormatWatch()
    /// The stream's bytes before those given.
    private var position: Int64 = 0
    /// Junk since the last frame that counted.
    private var junk = 0
    /// Bytes of tags since the last frame.
    private var tagBytes = 0

    /// Decides on the first of `bytes`, which begin where the last step's length ended.
    ///
    /// With `isEnd` no more bytes will follow; the answer is then `wait` only for no bytes at all.
    mutating func next(in bytes: UnsafeRawBufferPointer, isEnd: Bool) -> Step {
        guard !bytes.isEmpty else { return .wait }
        if case .following(let last) = self.state {
            if let step = self.follow(last, in: bytes, isEnd: isEnd) { return step }
            self.state = .hunting
        }
        return self.hunt(in: bytes, isEnd: isEnd)
    }

    // MARK: At the end of a frame

    /// Decides at the end of a frame; `nil` when nothing that belongs there stands there.
    private mutating func follow(_ last: FrameHeader, in bytes: UnsafeRawBufferPointer, isEnd: Bool) -> Step? {
        switch Landmark.read(bytes, at: 0) {
        case .header(let header) where header.continues(last):
            guard header.frameLength <= bytes.count else { return isEnd ? nil : .wait }
            return self.take(header, in: bytes)
        case .tag(let length) where self.allowsTag(length):
            return self.skipTag(length)
        case .incomplete:
            return isEnd ? nil : .wait
        case .none:
            return self.followWithTrailer(in: bytes, isEnd: isEnd)
        case .header, .freeFormat, .tag:
            return nil
        }
    }

    /// An ID3v1 trailer: "TAG" and 125 bytes of text, with a frame, a tag or the end of the stream after it.
    private mutating func followWithTrailer(in bytes: UnsafeRawBufferPointer, isEnd: Bool) -> Step? {
        guard zip(bytes, "TAG".utf8).allSatisfy({ $0 == $1 }) else { return nil }
        guard bytes.count >= Self.id3v1Length else { return isEnd ? nil : .wait }
        switch Landmark.read(bytes, at: Self.id3v1Length) {
        case .header, .tag: return self.skipTag(Self.id3v1Length)
        case .incomplete: return isEnd ? self.skipTag(Self.id3v1Length) : .wait
        case .freeFormat, .none: return nil
        }
    }

    // MARK: In the dark

    private mutating func hunt(in bytes: UnsafeRawBufferPointer, isEnd: Bool) -> Step {
        var candidate = 0
        while candidate < bytes.count {
            guard Landmark.canBegin(with: bytes[candidate]) else {
                candidate += 1
                continue
            }
            switch self.judge(candidate, in: bytes, isEnd: isEnd) {
            case .reject: candidate += 1
            case .freeFormat: return .fail(.freeFormat)
            // What comes before a find is dropped first; the find is then met again as the first of the bytes.
            case .frame(let header): return candidate > 0 ? self.drop(candidate) : self.take(header, in: bytes)
            case .tag(let length): return candidate > 0 ? self.drop(candidate) : self.skipTag(length)
            case .wait: return candidate > 0 ? self.drop(candidate) : .wait
            }
        }
        return self.drop(bytes.count)
    }

    private mutating func judge(_ candidate: Int, in bytes: UnsafeRawBufferPointer, isEnd: Bool) -> Verdict {
        switch Landmark.read(bytes, at: candidate) {
        case .header(let header):
            guard self.codec == nil || self.codec == header.format.codec else { return .reject }
            switch Landmark.read(bytes, at: candidate + header.frameLength) {
            case .header(let second): return second.continues(header) ? .frame(header) : .reject
            case .incomplete: return isEnd ? .reject : .wait
            case .freeFormat, .tag, .none: return .reject
            }
        case .freeFormat(let word):
            let isThird = self.freeFormat.isThird(word, at: self.position + Int64(candidate))
            return isThird ? .freeFormat : .reject
        case .tag(let length):
            return self.allowsTag(length) ? .tag(length: length) : .reject
        case .incomplete:
            return isEnd ? .reject : .wait
        case .none:
            return .reject
        }
    }

    // MARK: Steps

    private mutating func take(_ header: FrameHeader, in bytes: UnsafeRawBufferPointer) -> Step {
        let length = header.frameLength
        self.state = .following(header)
        self.codec = header.format.codec
        self.position += Int64(length)
        self.junk = 0
        if case .mpegAudio(let header) = header,
            InfoFrame.isPresent(in: UnsafeRawBufferPointer(rebasing: bytes[..<length]), header: header)
        {
            return .tag(length: length)
        }
        self.tagBytes = 0
        return .frame(length: length, format: header.format)
    }

    /// Whether a tag is skipped rather than read as junk: all tags between two frames have one limit.
    private func allowsTag(_ length: Int) -> Bool {
        self.tagBytes + length <= FrameDecoder.tagLimit
    }

    private mutating func skipTag(_ length: Int) -> Step {
        self.tagBytes += length
        self.position += Int64(length)
        return .tag(length: length)
    }

    private mutating func drop(_ length: Int) -> Step {
        self.junk += length
        self.position += Int64(length)
        if let codec = self.codec {
            guard self.junk > FrameDecoder.junkLimit else { return .junk(length: length) }
            return .fail(.lostSync(codec: codec, bytes: FrameDecoder.junkLimit))
        }
        guard self.junk > FrameDecoder.sniffLimit else { return .junk(length: length) }
        return .fail(.unknownFormat(bytes: FrameDecoder.sniffLimit))
    }
}

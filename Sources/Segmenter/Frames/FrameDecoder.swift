// FrameDecoder: cuts the bytes of a source into frames.

package import NIOCore

/// Cuts the bytes of a source into frames: MP3 (all MPEG audio) or AAC in ADTS, told apart by the bytes themselves.
///
/// Feed it slices as they arrive, then `finish`. Any slicing of the same bytes gives the same frames. A frame of a running
/// stream is given out with its last byte. ID3 tags and the Xing, Info or VBRI frame of a file are left out, and junk costs
/// no frame but those it has damaged. The rule that decides is `FrameSync`.
package struct FrameDecoder: Sendable {
    /// Junk in bytes, before the first frame, after which a source is refused.
    package static let sniffLimit = 64 * 1_024
    /// Junk in bytes, between two frames, after which a source is given up: 16 s at 128 kbit/s.
    package static let junkLimit = 256 * 1_024
    /// Bytes of ID3 tags between two frames that are skipped as such; a longer tag is read as junk.
    package static let tagLimit = 16 * 1_024 * 1_024

    /// Bytes skipped because they were neither frame nor tag.
    package private(set) var junkBytes = 0
    /// ID3 tags and Xing, Info or VBRI frames skipped.
    package private(set) var tagsSkipped = 0
    /// The format of the newest frame.
    package private(set) var format: AudioFormat?

    private var sync = FrameSync()
    /// Bytes without a decision, in storage that nothing else shares: never more than a frame and the next header.
    private var rest = ByteBuffer()
    /// Bytes of a tag still to come.
    private var tagRemainder = 0
    private var failure: FrameError?

    package init() {}

    /// Bytes held back until more arrive: at most one frame and the header after it.
    package var bufferedBytes: Int { self.rest.readableBytes }

    /// Cuts more bytes and appends the frames found.
    ///
    /// The frames' bytes are slices of `input` or of a copy of it: copy them if they are to live long. When it throws, the
    /// frames found before the failure have been appended, and every further call throws the same error.
    package mutating func decode(_ input: ByteBuffer, into frames: inout [Frame]) throws(FrameError) {
        if let failure = self.failure { throw failure }
        let isShared = self.rest.readableBytes == 0
        var bytes = input
        if !isShared {
            // Swapped out, so that the append finds its storage unshared.
            bytes = ByteBuffer()
            swap(&bytes, &self.rest)
            bytes.writeImmutableBuffer(input)
        }
        let start = bytes.readerIndex
        self.cut(&bytes, isEnd: false, into: &frames)
        if bytes.readableBytes == 0 {
            self.rest = ByteBuffer()
        } else {
            // A copy, so that a few bytes do not keep a receive buffer alive, nor frames the bytes that wait.
            self.rest = isShared || bytes.readerIndex > start ? ByteBuffer(bytes: bytes.readableBytesView) : bytes
        }
        if let failure = self.failure { throw failure }
    }

    /// Ends the stream and appends the frames that were held back because junk before them looked like a long frame.
    ///
    /// A frame whose end is missing is dropped.
    package mutating func finish(into frames: inout [Frame]) {
        guard self.failure == nil else { return }
        var bytes = ByteBuffer()
        swap(&bytes, &self.rest)
        self.cut(&bytes, isEnd: true, into: &frames)
    }

    private mutating func cut(_ bytes: inout ByteBuffer, isEnd: Bool, into frames: inout [Frame]) {
        self.skipTag(in: &bytes)
        while bytes.readableBytes > 0 {
            switch bytes.withUnsafeReadableBytes({ self.sync.next(in: $0, isEnd: isEnd) }) {
            case .frame(let length, let format):
                guard let slice = bytes.readSlice(length: length) else {
                    preconditionFailure("a frame is given out only when all of it is there")
                }
                self.format = format
                frames.append(Frame(bytes: slice, format: format))
            case .tag(let length):
                self.tagsSkipped += 1
                self.tagRemainder = length
                self.skipTag(in: &bytes)
            case .junk(let length):
                self.junkBytes += length
                bytes.moveReaderIndex(forwardBy: length)
            case .wait:
                return
            case .fail(let error):
                self.failure = error
                bytes.clear()
            }
        }
    }

    private mutating func skipTag(in bytes: inout ByteBuffer) {
        let length = min(self.tagRemainder, bytes.readableBytes)
        bytes.moveReaderIndex(forwardBy: length)
        self.tagRemainder -= length
    }
}

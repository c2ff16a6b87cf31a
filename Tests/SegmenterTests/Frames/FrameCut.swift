// FrameCut: the outcome of cutting a whole stream, for comparisons.

import NIOCore

@testable import Segmenter

/// What a decoder made of a whole stream of bytes.
struct FrameCut: Equatable {
    var frames: [Frame] = []
    var error: FrameError?
    var tagsSkipped = 0
    var junkBytes = 0
    var mostBuffered = 0

    var bytes: [[UInt8]] { self.frames.map { Array($0.bytes.readableBytesView) } }

    /// Cuts `bytes` in one piece.
    init(_ bytes: [UInt8]) {
        self.init(bytes, sliceLength: { bytes.count })
    }

    /// Cuts `bytes` in slices of the lengths given, then finishes.
    init(_ bytes: [UInt8], sliceLength: () -> Int) {
        var decoder = FrameDecoder()
        var input = ByteBuffer(bytes: bytes)
        do {
            while input.readableBytes > 0 {
                let length = min(max(1, sliceLength()), input.readableBytes)
                guard let slice = input.readSlice(length: length) else { break }
                try decoder.decode(slice, into: &self.frames)
                self.mostBuffered = max(self.mostBuffered, decoder.bufferedBytes)
            }
            decoder.finish(into: &self.frames)
        } catch {
            self.error = error
        }
        self.tagsSkipped = decoder.tagsSkipped
        self.junkBytes = decoder.junkBytes
    }
}

extension Frame {
    /// A frame of the given bytes, its format read from the header.
    init?(_ bytes: [UInt8]) {
        let buffer = ByteBuffer(bytes: bytes)
        if let header = MPEGAudioHeader(buffer) {
            self.init(bytes: buffer, format: header.format)
        } else if let header = ADTSHeader(buffer) {
            self.init(bytes: buffer, format: header.format)
        } else {
            return nil
        }
    }
}

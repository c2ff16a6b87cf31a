// FrameError: why bytes could not be cut into frames.

/// Why the bytes of a source could not be cut into frames, in words for whoever runs its encoder.
package struct FrameError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kinds of failure.
    package struct Code: Hashable, Sendable {
        private enum Value { case unknownFormat, freeFormat, lostSync }
        private let value: Value

        /// The first bytes hold neither MP3 nor AAC frames.
        package static let unknownFormat = Code(value: .unknownFormat)
        /// MP3 frames whose header names no bit rate.
        package static let freeFormat = Code(value: .freeFormat)
        /// The frames ended and did not return.
        package static let lostSync = Code(value: .lostSync)
    }

    package let code: Code
    package let message: String

    package var description: String { self.message }

    static func unknownFormat(bytes: Int) -> FrameError {
        FrameError(
            code: .unknownFormat,
            message: "no audio frames in the first \(bytes) bytes: only MP3 or AAC in ADTS is accepted"
        )
    }

    static let freeFormat = FrameError(
        code: .freeFormat,
        message: "MP3 of free format is not accepted: give the encoder a standard bit rate (8 to 320 kbit/s)"
    )

    static func lostSync(codec: AudioFormat.Codec, bytes: Int) -> FrameError {
        let name = codec == .mp3 ? "MP3" : "AAC"
        return FrameError(
            code: .lostSync,
            message: "\(bytes) bytes without \(name) frames: a connection keeps the codec that it began with"
        )
    }
}

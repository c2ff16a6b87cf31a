// DatedAudioError: why dated audio could not be laid on the grid.

/// Why dated audio could not be laid on the grid, in words for whoever wants to take it in.
package struct DatedAudioError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kinds of failure.
    package struct Code: Hashable, Sendable {
        private enum Value { case impossibleTime, unreadableAudio, unsupportedFormat, codecChange, tooMuchSilence }
        private let value: Value

        /// A time before 1970 or after 9999.
        package static let impossibleTime = Code(value: .impossibleTime)
        /// The bytes hold no frames, or not enough of them.
        package static let unreadableAudio = Code(value: .unreadableAudio)
        /// Frames for which there is no silence, or that are longer than a part.
        package static let unsupportedFormat = Code(value: .unsupportedFormat)
        /// Frames of another codec than those before.
        package static let codecChange = Code(value: .codecChange)
        /// The holes add up to more than `DatedAudio.mostSilence`.
        package static let tooMuchSilence = Code(value: .tooMuchSilence)
    }

    package let code: Code
    package let message: String

    package var description: String { self.message }

    static func impossibleTime(_ time: Timestamp) -> DatedAudioError {
        DatedAudioError(
            code: .impossibleTime,
            message: "audio dated \(time.milliseconds) ms after 1970 cannot be placed: only the years 1970 to 9999 can"
        )
    }

    static func unreadableAudio(_ error: FrameError, at time: Timestamp) -> DatedAudioError {
        DatedAudioError(code: .unreadableAudio, message: "the audio of \(time.rfc3339): \(error.message)")
    }

    static func unsupportedFormat(_ format: AudioFormat, at time: Timestamp) -> DatedAudioError {
        DatedAudioError(
            code: .unsupportedFormat,
            message: "the audio of \(time.rfc3339) is \(format.codec.title) with \(format.channels) channels and"
                + " profile \(format.profile), which cannot be streamed: only MP3 or AAC-LC, mono or stereo"
        )
    }

    static func longFrame(_ frame: Frame, partMilliseconds: Int64, at time: Timestamp) -> DatedAudioError {
        DatedAudioError(
            code: .unsupportedFormat,
            message: "the audio of \(time.rfc3339) has frames of \(frame.microseconds / 1_000) ms, longer than a part,"
                + " which is \(partMilliseconds) ms"
        )
    }

    static func codecChange(
        from old: AudioFormat.Codec,
        to new: AudioFormat.Codec,
        at time: Timestamp
    ) -> DatedAudioError {
        DatedAudioError(
            code: .codecChange,
            message: "the audio changes from \(old.title) to \(new.title) at \(time.rfc3339), and a stream keeps its"
                + " codec: take in what lies before and after as two streams"
        )
    }

    static func tooMuchSilence(before time: Timestamp) -> DatedAudioError {
        let days = DatedAudio.mostSilence / (86_400 * 1_000_000)
        return DatedAudioError(
            code: .tooMuchSilence,
            message: "up to \(time.rfc3339) the audio has holes of more than \(days) days altogether, which is"
                + " too much to fill: check the dates"
        )
    }
}

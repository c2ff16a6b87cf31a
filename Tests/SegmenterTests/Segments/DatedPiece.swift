// DatedPiece: a piece of audio with its date.

import NIOCore

@testable import Segmenter

/// A piece of audio with its date, as a dump holds it.
struct DatedPiece {
    var time: Timestamp
    var bytes: ByteBuffer
    var title: Title?

    init(_ frames: [Frame], at microseconds: Int64, title: String? = nil) {
        self.time = Timestamp(milliseconds: microseconds / 1_000)
        self.bytes = ByteBuffer()
        for frame in frames { self.bytes.writeImmutableBuffer(frame.bytes) }
        self.title = title.map { Title(time: Timestamp(milliseconds: microseconds / 1_000), text: $0) }
    }

    /// Whole frames in pieces, dated as StreamMachine dates its chunks: audio time, in whole milliseconds.
    static func pieces(_ frames: [Frame], perPiece count: Int, from start: Int64) -> [DatedPiece] {
        stride(from: 0, to: frames.count, by: count).map { place in
            DatedPiece(Array(frames[place..<min(frames.count, place + count)]), at: start + frames.duration(of: place))
        }
    }
}

extension [Frame] {
    /// The duration of the first `count` frames, all of one format, in microseconds.
    func duration(of count: Int) -> Int64 {
        guard let format = self.first?.format else { return 0 }
        return Int64(count) * Int64(format.samplesPerFrame) * 1_000_000 / Int64(format.sampleRate)
    }
}

extension TestAudio {
    /// AAC frames with the given numbers.
    static func numbered(_ numbers: Range<Int>, rate: Int32 = 48_000) -> [Frame] {
        numbers.map { Self.aac($0, rate: rate) }
    }
}

extension DatedPiece {
    /// Has the piece laid where that should fail; `nil` if it does not.
    func failure(in audio: inout DatedAudio) -> DatedAudioError? {
        do throws(DatedAudioError) {
            _ = try audio.append(self.bytes, at: self.time, title: self.title)
            return nil
        } catch {
            return error
        }
    }
}

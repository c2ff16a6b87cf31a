// EncodedAudio: real audio of every kind that is packaged, made by ffmpeg and split by rules of our own.

import NIOCore
import Segmenter
import Testing

/// Twenty-four seconds of encoded sound, as frames.
struct EncodedAudio: Sendable, CustomTestStringConvertible {
    let name: String
    let format: AudioFormat
    let frames: [ByteBuffer]

    var testDescription: String { self.name }

    static let mp3At48000 = Self.made("mp3 48000", mp3: 3, rate: 48_000, samples: 1_152, "-b:a", "128k")
    static let mp3At44100 = Self.made("mp3 44100 vbr", mp3: 3, rate: 44_100, samples: 1_152, "-q:a", "4")
    static let mp3At22050 = Self.made("mp3 22050", mp3: 2, rate: 22_050, samples: 576, "-b:a", "64k")
    static let aacAt48000 = Self.made("aac 48000", rate: 48_000, "-b:a", "128k")
    static let aacAt44100 = Self.made("aac 44100", rate: 44_100, "-b:a", "64k")
    static let all = [mp3At48000, mp3At44100, mp3At22050, aacAt48000, aacAt44100].compactMap { try? $0.get() }
    /// How many kinds `all` has when ffmpeg could make each of them.
    static let kinds = 5

    private static func made(
        _ name: String,
        mp3 version: UInt8,
        rate: Int32,
        samples: Int32,
        _ options: String...
    ) -> Result<EncodedAudio, any Error> {
        let format = AudioFormat(
            codec: .mp3,
            profile: version << 2 | 1,
            channels: 2,
            sampleRate: rate,
            samplesPerFrame: samples
        )
        return Result { try Self.encode(name, format, ["-c:a", "libmp3lame", "-write_xing", "0"] + options, "mp3") }
    }

    private static func made(_ name: String, rate: Int32, _ options: String...) -> Result<EncodedAudio, any Error> {
        let format = AudioFormat(codec: .aac, profile: 2, channels: 2, sampleRate: rate, samplesPerFrame: 1_024)
        return Result { try Self.encode(name, format, ["-c:a", "aac"] + options, "adts") }
    }

    private static func encode(
        _ name: String,
        _ format: AudioFormat,
        _ options: [String],
        _ muxer: String
    ) throws -> EncodedAudio {
        let directory = try TemporaryDirectory()
        let sound = "sine=frequency=440:sample_rate=\(format.sampleRate):duration=24,apulsator=hz=0.5"
        let command = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", sound, "-ac", "2", "-map_metadata", "-1"]
        let made = try MediaTool.run(
            command + options + ["-id3v2_version", "0", "-f", muxer, "out"],
            in: directory
        )
        guard made.status == 0 else { throw MediaTool.Failure(description: made.errors) }
        let frames = try Self.split(Array(directory.read("out")), as: format)
        return EncodedAudio(name: name, format: format, frames: frames)
    }

    /// Splits by frame length alone, as ISO/IEC 11172-3 §2.4.3.1 and 14496-3 table 1.A.6 give it.
    private static func split(_ bytes: [UInt8], as format: AudioFormat) throws -> [ByteBuffer] {
        var frames: [ByteBuffer] = []
        var offset = 0
        while offset < bytes.count {
            let header = Array(bytes[offset..<min(offset + 7, bytes.count)])
            guard header.count == 7, header[0] == 0xFF else {
                throw MediaTool.Failure(description: "no frame at \(offset)")
            }
            let length = format.codec == .aac ? Self.adtsLength(header) : Self.layer3Length(header, format)
            guard length > 7, offset + length <= bytes.count else {
                throw MediaTool.Failure(description: "a frame of \(length) at \(offset)")
            }
            frames.append(ByteBuffer(bytes: bytes[offset..<offset + length]))
            offset += length
        }
        return frames
    }

    private static func adtsLength(_ header: [UInt8]) -> Int {
        Int(header[3] & 3) << 11 | Int(header[4]) << 3 | Int(header[5]) >> 5
    }

    private static func layer3Length(_ header: [UInt8], _ format: AudioFormat) -> Int {
        let mpeg1 = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0]
        let mpeg2 = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0]
        let kilobits = (format.profile >> 2 == 3 ? mpeg1 : mpeg2)[Int(header[2] >> 4)]
        let padding = Int(header[2] >> 1 & 1)
        return Int(format.samplesPerFrame) / 8 * kilobits * 1_000 / Int(format.sampleRate) + padding
    }
}

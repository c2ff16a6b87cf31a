// Recording: the frames that a stream is filled with.

import Foundation
import NIOCore
import Segmenter

/// The frames that a stream is filled with, over and over: cut once, and shared by all streams.
struct Recording {
    private static let seconds = 60

    /// About a second of frames each, as a source's deliveries.
    let deliveries: [[Frame]]
    let format: AudioFormat

    /// Reads the frames of a file.
    init(file: String) throws {
        guard let data = FileManager.default.contents(atPath: file) else { throw FillError("\(file) cannot be read") }
        try self.init(ByteBuffer(bytes: data), name: file)
    }

    /// Makes an MP3 at a constant bit rate with ffmpeg: at a low one mono at 24 kHz, as talk stations send it.
    init(kilobits: Int) throws {
        let isLow = kilobits <= 64
        let source = "anoisesrc=color=pink:seed=1:duration=\(Self.seconds)"
        let arguments =
            ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", source, "-ar", isLow ? "24000" : "48000"]
            + ["-ac", isLow ? "1" : "2", "-c:a", "libmp3lame", "-b:a", "\(kilobits)k", "-write_xing", "0"]
            + ["-id3v2_version", "0", "-f", "mp3", "pipe:1"]
        try self.init(ByteBuffer(bytes: Self.output(of: arguments)), name: "what ffmpeg made")
    }

    private init(_ bytes: ByteBuffer, name: String) throws {
        var decoder = FrameDecoder()
        var frames: [Frame] = []
        do {
            try decoder.decode(bytes, into: &frames)
        } catch {
            throw FillError("\(name): \(error.message)")
        }
        decoder.finish(into: &frames)
        guard let format = frames.first?.format else { throw FillError("\(name) has no MP3 and no AAC in ADTS") }
        guard frames.allSatisfy({ $0.format == format }) else { throw FillError("\(name) changes its format") }
        let count = max(1, Int(format.sampleRate / format.samplesPerFrame))
        self.format = format
        self.deliveries = stride(from: 0, to: frames.count, by: count).map { first in
            Array(frames[first..<min(first + count, frames.count)])
        }
    }

    private static func output(of arguments: [String]) throws -> Data {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = pipe
        try process.run()
        let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw FillError("ffmpeg cannot make the audio: install it, try another --bitrate, or name a --file")
        }
        return data
    }
}

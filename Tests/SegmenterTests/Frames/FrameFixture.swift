// FrameFixture: the recorded audio that frame tests run on.

import Foundation
import Testing

/// A file of `hls-fixtures/audio`, made by an encoder of someone else's (the commands are in `hls-fixtures/README.md`).
enum FrameFixture: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case cbr44100 = "mp3-cbr128-44100-stereo.mp3"
    case cbr48000 = "mp3-cbr128-48000-stereo.mp3"
    /// Begins with a Xing frame.
    case vbr44100 = "mp3-vbr-44100-stereo.mp3"
    case crc44100 = "mp3-crc-44100-stereo.mp3"
    /// ID3v2 before, an Info frame, ID3v1 behind.
    case id344100 = "mp3-id3-44100-stereo.mp3"
    case mpeg2Mono22050 = "mp3-mpeg2-22050-mono.mp3"
    case mpeg25Stereo11025 = "mp3-mpeg25-11025-stereo.mp3"
    case mpeg25Mono8000 = "mp3-mpeg25-8000-mono.mp3"
    case layer2 = "mp2-128-48000-stereo.mp2"
    case aacStereo44100 = "aac-lc-44100-stereo.aac"
    case aacMono48000 = "aac-lc-48000-mono.aac"
    case aacSurround48000 = "aac-lc-48000-5.1.aac"

    /// MP3 without a bit rate in its headers; not a case, since it has no frames for us.
    static let freeFormatName = "mp3-freeformat-44100-stereo.mp3"

    static let layer3: [FrameFixture] = [
        .cbr44100, .cbr48000, .vbr44100, .crc44100, .id344100, .mpeg2Mono22050, .mpeg25Stereo11025, .mpeg25Mono8000,
    ]

    var testDescription: String { self.rawValue }

    var path: String { Self.path(self.rawValue) }

    func bytes() throws -> [UInt8] {
        try Self.bytes(self.rawValue)
    }

    static func bytes(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(fileURLWithPath: self.path(name))))
    }

    private static func path(_ name: String) -> String {
        var root = URL(fileURLWithPath: #filePath)
        while root.path != "/", !FileManager.default.fileExists(atPath: root.appending(path: "hls-fixtures").path) {
            root.deleteLastPathComponent()
        }
        return root.appending(path: "hls-fixtures/audio/\(name)").path
    }
}

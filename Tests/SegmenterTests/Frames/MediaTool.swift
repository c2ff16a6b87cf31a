// MediaTool: runs FFmpeg's programs, which judge our frames independently.

import Foundation
import Testing

/// FFmpeg's programs, which judge our frames independently.
enum MediaTool {
    struct Outcome {
        let status: Int32
        let output: [UInt8]
        let errors: String

        var isClean: Bool { self.status == 0 && self.errors.isEmpty }
    }

    /// Decodes MPEG audio or ADTS frames to interleaved 32-bit float samples; any complaint is fatal and reported.
    static func decode(_ frames: [[UInt8]], demuxer: String, checksCRC: Bool = false) throws -> Outcome {
        try self.withFile(Array(frames.joined())) { path in
            let crc = checksCRC ? ["-err_detect", "crccheck+explode"] : []
            let input = ["-v", "error", "-xerror"] + crc + ["-f", demuxer, "-i", path]
            return try self.run("ffmpeg", input + ["-f", "f32le", "-"])
        }
    }

    /// Interleaved samples from the bytes of a decode.
    static func samples(_ bytes: ArraySlice<UInt8>) -> [Float] {
        bytes.withUnsafeBytes { bytes in
            stride(from: 0, to: bytes.count - 3, by: 4).map { bytes.loadUnaligned(fromByteOffset: $0, as: Float.self) }
        }
    }

    /// Whether all samples are zero, of either sign.
    static func isSilent(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.withUnsafeBytes { bytes in
            stride(from: 0, to: bytes.count - 3, by: 4)
                .allSatisfy { bytes.loadUnaligned(fromByteOffset: $0, as: UInt32.self) << 1 == 0 }
        }
    }

    static func run(_ program: String, _ arguments: [String]) throws -> Outcome {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [program] + arguments
        process.standardInput = FileHandle.nullDevice
        let output = Pipe()
        process.standardOutput = output
        return try self.withFile([]) { path in
            process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
            try process.run()
            let bytes = try output.fileHandleForReading.readToEnd() ?? Data()
            process.waitUntilExit()
            let errors = try Data(contentsOf: URL(fileURLWithPath: path))
            return Outcome(
                status: process.terminationStatus,
                output: [UInt8](bytes),
                errors: String(decoding: errors, as: UTF8.self)
            )
        }
    }

    private static func withFile<Result>(_ bytes: [UInt8], _ body: (String) throws -> Result) throws -> Result {
        let name = "frames-\(UUID().uuidString)"
        let file = FileManager.default.temporaryDirectory.appending(path: name)
        try Data(bytes).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        return try body(file.path)
    }
}

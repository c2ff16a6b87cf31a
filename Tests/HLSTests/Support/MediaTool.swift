// MediaTool: programs of others that read what we write.

import Foundation
import NIOCore

/// Runs a program to its end; what it says is collected in files, so that no pipe can fill up.
enum MediaTool {
    struct Result {
        let status: Int32
        let output: String
        let errors: String
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    static func run(_ arguments: [String], in directory: TemporaryDirectory) throws -> Result {
        let name = UUID().uuidString
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = arguments
        process.currentDirectoryURL = directory.url
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try directory.handle("\(name).out")
        process.standardError = try directory.handle("\(name).err")
        try process.run()
        process.waitUntilExit()
        return Result(
            status: process.terminationStatus,
            output: String(decoding: try directory.read("\(name).out"), as: UTF8.self),
            errors: String(decoding: try directory.read("\(name).err"), as: UTF8.self)
        )
    }

    /// The packets that ffprobe finds in a file: time stamp in its own unit, size.
    static func packets(of file: String, in directory: TemporaryDirectory) throws -> [(pts: Int64, size: Int)] {
        let result = try self.run(
            ["ffprobe", "-v", "error", "-show_entries", "packet=pts,size", "-of", "csv=p=0", file],
            in: directory
        )
        guard result.status == 0 else { throw Failure(description: result.errors) }
        return try result.output.split(separator: "\n").map { line in
            let fields = line.split(separator: ",")
            guard fields.count >= 2, let pts = Int64(fields[0]), let size = Int(fields[1]) else {
                throw Failure(description: "ffprobe says \(line)")
            }
            return (pts, size)
        }
    }
}

/// A directory that goes when its last user does.
final class TemporaryDirectory: Sendable {
    let url: URL

    init() throws {
        self.url = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: self.url, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(at: self.url)
    }

    func write(_ buffers: [ByteBuffer], to name: String) throws {
        let file = self.url.appendingPathComponent(name)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(),
            withIntermediateDirectories: true
        )
        try Data(buffers.flatMap { Array($0.readableBytesView) }).write(to: file)
    }

    func read(_ name: String) throws -> Data {
        try Data(contentsOf: self.url.appendingPathComponent(name))
    }

    fileprivate func handle(_ name: String) throws -> FileHandle {
        let file = self.url.appendingPathComponent(name)
        try Data().write(to: file)
        return try FileHandle(forWritingTo: file)
    }
}

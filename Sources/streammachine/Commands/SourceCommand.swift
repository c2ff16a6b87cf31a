// SourceCommand: `streammachine source`, an encoder that plays a file.

import ArgumentParser
import Foundation
import NIOCore
import NIOPosix
import Segmenter

/// `streammachine source --host H --port P --mount M --password X FILE`: feeds a file in real time, over and over.
struct SourceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "source",
        abstract: "Feeds an MP3 or ADTS AAC file to a mount as an encoder would: in real time, looping, reconnecting."
    )

    @Option(help: "The server's name or address.")
    var host = "127.0.0.1"

    @Option(help: "The server's source port.")
    var port = 8002

    @Option(help: "The mount to feed.")
    var mount: String

    @Option(help: "The mount's source password.")
    var password: String

    @Option(help: "The station's name, for the listeners' players.")
    var name: String?

    @Argument(help: "The file to play.")
    var file: String

    func run() async throws {
        let frames = try self.frames()
        let group = MultiThreadedEventLoopGroup.singleton
        while true {
            do {
                try await self.feed(frames, group)
            } catch let failure as Failure {
                throw failure
            } catch {
                FileHandle.standardError.write(Data("streammachine: \(error); connecting again\n".utf8))
            }
            try await Task.sleep(for: .seconds(2))
        }
    }

    private func frames() throws -> [Frame] {
        guard let data = FileManager.default.contents(atPath: self.file) else {
            throw Failure.configuration("\(self.file): cannot be read")
        }
        var decoder = FrameDecoder()
        var frames: [Frame] = []
        do {
            try decoder.decode(ByteBuffer(bytes: data), into: &frames)
            decoder.finish(into: &frames)
        } catch {
            throw Failure.configuration("\(self.file): \(error.message)")
        }
        guard !frames.isEmpty else {
            throw Failure.configuration("\(self.file): no audio found; MP3 and AAC in ADTS can be played")
        }
        return frames
    }

    private func feed(_ frames: [Frame], _ group: MultiThreadedEventLoopGroup) async throws {
        let connection = try await ClientBootstrap(group: group).connect(host: self.host, port: self.port) { channel in
            channel.eventLoop.makeCompletedFuture {
                try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
            }
        }
        try await connection.executeThenClose { inbound, outbound in
            try await outbound.write(self.request(for: frames[0].format))
            var answers = inbound.makeAsyncIterator()
            guard let answer = try await answers.next() else { throw Lost() }
            let status = String(buffer: answer).split(separator: "\r\n").first ?? ""
            guard status.contains(" 200 ") else {
                throw Failure.configuration("\(self.host):\(self.port) answered: \(status)")
            }
            try await Self.play(frames, outbound)
        }
    }

    private func request(for format: AudioFormat) -> ByteBuffer {
        let credentials = Data("source:\(self.password)".utf8).base64EncodedString()
        var head = "SOURCE /\(self.mount) HTTP/1.0\r\nAuthorization: Basic \(credentials)\r\n"
        head += "User-Agent: streammachine/\(StreamMachine.version)\r\n"
        head += "Content-Type: \(format.codec == .mp3 ? "audio/mpeg" : "audio/aac")\r\n"
        if let name = self.name { head += "ice-name: \(name.filter { !$0.isNewline })\r\n" }
        return ByteBuffer(string: head + "\r\n")
    }

    /// Sends frames as they come due, a tenth of a second at a time.
    private static func play(_ frames: [Frame], _ outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>) async throws {
        let clock = ContinuousClock()
        let start = clock.now
        var played = Duration.zero
        var batch = ByteBuffer()
        while true {
            for frame in frames {
                batch.writeImmutableBuffer(frame.bytes)
                played += .seconds(Double(frame.format.samplesPerFrame) / Double(frame.format.sampleRate))
                guard played - (clock.now - start) > .milliseconds(100) else { continue }
                try await outbound.write(batch)
                batch.clear()
                try await clock.sleep(until: start + played - .milliseconds(50))
            }
        }
    }
}

/// A connection that ended before it was answered.
private struct Lost: Error, CustomStringConvertible {
    var description: String { "the server closed the connection" }
}

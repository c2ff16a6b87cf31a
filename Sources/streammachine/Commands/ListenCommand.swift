// ListenCommand: `streammachine listen`, a listener that counts.

import ArgumentParser
import Foundation
import NIOCore
import NIOPosix
import Segmenter

/// `streammachine listen URL [--icy] [--seconds N]`: counts what arrives.
struct ListenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "listen",
        abstract: "Listens to a stream and counts what arrives: bytes, frames, titles, gaps."
    )

    @Argument(help: "The stream's address, such as http://127.0.0.1:8001/test.")
    var url: String

    @Flag(help: "Ask for ICY titles.")
    var icy = false

    @Option(help: "How long to listen; without it, until the stream ends.")
    var seconds: Double?

    func run() async throws {
        guard let url = URL(string: self.url), url.scheme == "http", let host = url.host else {
            throw Failure.configuration("\(self.url) is not an address like http://127.0.0.1:8001/test")
        }
        let connection: NIOAsyncChannel<ByteBuffer, ByteBuffer>
        do {
            connection = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connect(host: host, port: url.port ?? 80) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                    }
                }
        } catch {
            throw Failure.internal("cannot connect to \(host):\(url.port ?? 80): \(error)")
        }
        let tally = try await connection.executeThenClose { inbound, outbound in
            try await outbound.write(self.request(url, host: host))
            return try await self.listen(inbound)
        }
        print(tally.summary)
        guard tally.isAudio else { throw Failure.configuration("the server answered: \(tally.statusLine)") }
    }

    private func request(_ url: URL, host: String) -> ByteBuffer {
        let target = url.path(percentEncoded: true) + (url.query(percentEncoded: true).map { "?\($0)" } ?? "")
        let icy = self.icy ? "Icy-MetaData: 1\r\n" : ""
        return ByteBuffer(
            string: "GET \(target.isEmpty ? "/" : target) HTTP/1.0\r\nHost: \(host)\r\n"
                + "User-Agent: streammachine/\(StreamMachine.version)\r\n\(icy)\r\n"
        )
    }

    private func listen(_ inbound: NIOAsyncChannelInboundStream<ByteBuffer>) async throws -> ListenTally {
        let clock = ContinuousClock()
        let end = self.seconds.map { clock.now + .seconds($0) }
        // The tally is this task's; the other only ends the wait when nothing comes any more.
        return try await withThrowingTaskGroup(of: ListenTally?.self) { group in
            if let end {
                group.addTask {
                    try? await clock.sleep(until: end + .seconds(1))
                    return nil
                }
            }
            group.addTask {
                var tally = ListenTally(start: clock.now)
                do {
                    for try await bytes in inbound {
                        for title in tally.take(bytes, at: clock.now) { print("title: \(title)") }
                        if let end, clock.now >= end { break }
                    }
                } catch is CancellationError {}
                return tally
            }
            let first = try await group.next() ?? nil
            group.cancelAll()
            if let first { return first }
            return try await group.next().flatMap { $0 } ?? ListenTally(start: clock.now)
        }
    }
}

// StoredClient: a client of a station whose stream is stored.

import NIOCore
import NIOEmbedded
import Testing

@testable import Origin

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A client of a station whose stream is stored, which takes everything at once.
final class StoredClient {
    let channel: NIOAsyncTestingChannel
    private let station: StoredStation
    private var taken = ByteBuffer()

    init(_ station: StoredStation) async throws {
        let channel = NIOAsyncTestingChannel(loop: station.loop)
        let services = station.services
        self.station = station
        self.channel = channel
        let address = try SocketAddress(ipAddress: "192.0.2.9", port: 50_000)
        try await station.loop.executeInContext {
            channel.connect(to: address, promise: nil)
            try channel.pipeline.syncOperations.addHandler(ListenerPortHandler(services))
        }
    }

    var isOpen: Bool { self.channel.isActive }

    /// Sends requests without waiting for answers.
    func send(_ text: String) async throws {
        try await self.channel.writeInbound(ByteBuffer(string: text))
    }

    /// What has come so far.
    func bytes() async throws -> ByteBuffer {
        while let data = try await self.channel.readOutbound(as: IOData.self) {
            switch data {
            case .byteBuffer(let bytes):
                self.taken.writeImmutableBuffer(bytes)
            case .fileRegion(let region):
                self.taken.writeWithUnsafeMutableBytes(minimumWritableBytes: region.readableBytes) { memory in
                    let read = try? region.fileHandle.withUnsafeFileDescriptor {
                        pread($0, memory.baseAddress, region.readableBytes, off_t(region.readerIndex))
                    }
                    return max(0, read ?? 0)
                }
            }
        }
        return self.taken
    }

    /// The responses so far, read by their lengths.
    func responses() async throws -> [Response] {
        var bytes = try await self.bytes()
        var responses: [Response] = []
        while let response = Response(from: &bytes) { responses.append(response) }
        return responses
    }

    /// The responses when the archive has answered everything.
    func settled() async throws -> [Response] {
        for _ in 0..<24 { try await self.station.settle() }
        return try await self.responses()
    }

    static func get(_ path: String, _ headers: String...) -> String {
        "GET \(path) HTTP/1.1\r\nHost: a\r\n" + headers.map { $0 + "\r\n" }.joined() + "\r\n"
    }
}

// ListenerPortArchiveTests: connections whose answers have to be read from the disk.

import LegacyOutputs
import NIOCore
import NIOEmbedded
import Segmenter
import Testing

@testable import Archive
@testable import Origin

@Suite struct ListenerPortArchiveTests {
    private let directory: TemporaryDirectory

    init() throws {
        self.directory = try TemporaryDirectory()
    }

    private func path(_ slot: Int64, _ container: String = "ts", _ ending: String = "ts") -> String {
        "/test/\(container)/5760-960/\(slot).\(ending)"
    }

    @Test("requests in one packet are answered in order, whether from memory, from the disk or refused")
    func pipelining() async throws {
        let (station, _) = try await StoredStation.playing(60, in: self.directory)
        let slots = try #require(station.stream.store.slots)
        let old = slots.lowerBound + 5
        let client = try await StoredClient(station)
        let paths = [
            self.path(old), "/nowhere", "/test/archive.json", self.path(slots.upperBound - 1), "/test.m3u8",
            self.path(old + 1, "packed", "mp3"), self.path(old), "/test?timestamp=5",
        ]
        try await client.send(paths.map { StoredClient.get($0) }.joined())
        let responses = try await client.settled()
        #expect(responses.map(\.status) == [200, 404, 200, 200, 200, 200, 200, 404])
        let types = responses.map { $0.headers["content-type"]?.split(separator: "/").last ?? "" }
        let expected = [
            "mp2t", "problem+json", "json", "mp2t", "vnd.apple.mpegurl", "mpeg", "mp2t", "problem+json",
        ]
        #expect(types.map(String.init) == expected)
        #expect(responses[0].body == responses[6].body && responses[0].body != responses[3].body)
        #expect(client.isOpen)
        await station.close()
    }

    @Test("while the disk is asked, nothing that came later is answered, and the connection is not read")
    func waits() async throws {
        let disk = GatedDisk()
        let (station, _) = try await StoredStation.playing(60, in: self.directory, disk: disk)
        let slots = try #require(station.stream.store.slots)
        disk.reads.shut()
        let client = try await StoredClient(station)
        try await client.send(StoredClient.get(self.path(slots.lowerBound + 5)) + StoredClient.get("/nowhere"))
        await disk.reads.someoneWaits()
        try await client.send(StoredClient.get("/test.m3u8"))
        await station.loop.run()
        #expect(try await client.bytes().readableBytes == 0)
        let other = try await StoredClient(station)
        try await other.send(StoredClient.get("/test.m3u8"))
        #expect(try await other.responses().map(\.status) == [200])
        disk.reads.open()
        #expect(try await client.settled().map(\.status) == [200, 404, 200])
        await station.close()
    }

    @Test("a client that leaves while the disk is asked costs nothing and harms nobody")
    func leaves() async throws {
        let disk = GatedDisk()
        let (station, _) = try await StoredStation.playing(60, in: self.directory, disk: disk)
        let slots = try #require(station.stream.store.slots)
        let edge = SlotGrid.standard.edge(ofSlot: slots.lowerBound + 5).milliseconds + 100
        disk.reads.shut()
        let paths = [self.path(slots.lowerBound + 5), "/test/archive.json", "/test?from=\(edge)&to=\(edge + 9_000)"]
        var clients: [StoredClient] = []
        for path in paths {
            let client = try await StoredClient(station)
            try await client.send(StoredClient.get(path))
            clients.append(client)
        }
        await disk.reads.someoneWaits()
        for client in clients { try await client.channel.close().get() }
        disk.reads.open()
        for client in clients { #expect(try await client.settled().isEmpty && !client.isOpen) }
        let other = try await StoredClient(station)
        try await other.send(StoredClient.get(paths[0]))
        #expect(try await other.settled().map(\.status) == [200])
        await station.close()
    }

    @Test("what the disk does not give is a 503 that ends the connection, and nothing is answered behind it")
    func unreadable() async throws {
        let disk = GatedDisk()
        let (station, _) = try await StoredStation.playing(60, in: self.directory, disk: disk)
        let slots = try #require(station.stream.store.slots)
        disk.reads.fail(DiskError("read", 5))
        let client = try await StoredClient(station)
        try await client.send(StoredClient.get(self.path(slots.lowerBound + 5)) + StoredClient.get("/nowhere"))
        let responses = try await client.settled()
        #expect(responses.map(\.status) == [503])
        #expect(responses.first?.headers["connection"] == "close" && responses.first?.headers["retry-after"] != nil)
        #expect(!client.isOpen)
        disk.reads.fail(nil)
        let other = try await StoredClient(station)
        try await other.send(StoredClient.get(self.path(slots.lowerBound + 5)))
        #expect(try await other.settled().map(\.status) == [200])
        await station.close()
    }

    @Test("behind an answer that closes, nothing is answered, although it had to wait for the disk")
    func closes() async throws {
        let (station, _) = try await StoredStation.playing(60, in: self.directory)
        let slots = try #require(station.stream.store.slots)
        for path in ["/test/archive.json", self.path(slots.lowerBound + 5)] {
            let client = try await StoredClient(station)
            try await client.send(StoredClient.get(path, "Connection: close") + StoredClient.get("/nowhere"))
            #expect(try await client.settled().map(\.status) == [200])
            #expect(!client.isOpen)
        }
        await station.close()
    }

    @Test("a listener in the archive begins where it asked to, at the time that it is told")
    func listener() async throws {
        let (station, _) = try await StoredStation.playing(60, in: self.directory)
        let slots = try #require(station.stream.store.slots)
        let moment = SlotGrid.standard.edge(ofSlot: slots.lowerBound + 6).advanced(byMilliseconds: 2_500)
        let client = try await StoredClient(station)
        try await client.send(StoredClient.get("/test?timestamp=\(moment.milliseconds)"))
        _ = try await client.settled()
        var bytes = try await client.bytes()
        let head = try #require(Response(from: &bytes, isHead: true))
        let start = try #require(head.headers["x-start-time"].flatMap { Timestamp(rfc3339: $0) })
        #expect((0..<24).contains(start.millisecondsSince(moment)))
        let numbers = Self.numbers(in: bytes)
        let whole = try await station.heard
        #expect(
            Array(whole.suffix(from: try #require(whole.firstIndex(of: numbers[0]))).prefix(numbers.count)) == numbers
        )
        #expect(numbers.count > 400 && station.stream.fanout.count == 1)
        await station.close()
    }

    @Test("a download from the disk is its bytes, and the connection goes on with the next request")
    func download() async throws {
        let (station, _) = try await StoredStation.playing(60, in: self.directory)
        let slots = try #require(station.stream.store.slots)
        let from = SlotGrid.standard.edge(ofSlot: slots.lowerBound + 5).milliseconds + 1_234
        let path = "/test?from=\(from)&to=\(from + 30_000)"
        let client = try await StoredClient(station)
        try await client.send(StoredClient.get(path) + StoredClient.get("/nowhere"))
        try await client.send(StoredClient.get(path, "Range: bytes=100000-199999"))
        let responses = try await client.settled()
        #expect(responses.map(\.status) == [200, 404, 206])
        let numbers = Self.numbers(in: responses[0].body)
        #expect(numbers == Array(numbers[0]..<numbers[0] + 1_250))
        #expect(
            responses[2].body
                == responses[0].body.getSlice(at: responses[0].body.readerIndex + 100_000, length: 100_000)
        )
        #expect(client.isOpen)
        await station.close()
    }

    private static func numbers(in audio: ByteBuffer) -> [Int] {
        var audio = audio
        var numbers: [Int] = []
        while let frame = audio.readSlice(length: 384) {
            if let number = frame.getInteger(at: frame.writerIndex - 8, as: Int64.self) { numbers.append(Int(number)) }
        }
        return numbers
    }
}

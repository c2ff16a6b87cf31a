// SegmentAnswerArchiveTests: segments that have left memory, the same as those that have not.

import HLS
import NIOCore
import Segmenter
import Testing
import Wire

@testable import Origin

@Suite struct SegmentAnswerArchiveTests {
    private let directory: TemporaryDirectory

    init() throws {
        self.directory = try TemporaryDirectory()
    }

    @Test("a segment from the disk is the octets that it had in memory, is loaded once, and answers ranges")
    func segments() async throws {
        let (station, _) = try await StoredStation.playing(60, in: self.directory)
        let slots = try #require(station.stream.store.slots)
        for slot in (slots.lowerBound + 4..<slots.upperBound - 2).prefix(4) {
            let line = "/test/ts/5760-960/\(slot).ts"
            let first = try await station.answer("GET \(line)")
            #expect(first.loads == 1)
            let body = TransportStream(grid: .standard).segment(try await station.segment(slot))
            let response = try Response(first.answer)
            #expect(response.status == 200 && response.body == body)
            let again = try await station.answer("GET \(line)")
            #expect(again.loads == 0)
            #expect(try Response(again.answer).headers == response.headers)
            let range = try await station.response("GET \(line)", ["Range: bytes=188-375"])
            #expect(range.status == 206 && range.body == body.getSlice(at: body.readerIndex + 188, length: 188))
            let head = try await station.response("HEAD \(line)")
            #expect(head.headers["content-length"] == "\(body.readableBytes)" && head.body.readableBytes == 0)
            let known = try await station.response("GET \(line)", ["If-None-Match: \(response.headers["etag"] ?? "")"])
            #expect(known.status == 304)
        }
        await station.close()
    }

    @Test("the same slot is the same octets and has the same tag before and behind its way to the disk")
    func sameTag() async throws {
        let (station, encoder) = try await StoredStation.playing(40, in: self.directory)
        let slot = try #require(station.stream.store.lastCompleteSlot)
        let paths = ["/test/ts/5760-960/\(slot).ts", "/test/packed/5760-960/\(slot).mp3"]
        var before: [Response] = []
        for path in paths { before.append(try await station.response("GET \(path)")) }
        try await station.play(30, encoder)
        guard case .archived = station.stream.store.segment(slot) else {
            Issue.record("the slot must have left memory")
            return
        }
        station.stream.segments.forget()
        let client = try await StoredClient(station)
        try await client.send(paths.map { StoredClient.get($0) }.joined())
        // The second time packed audio comes from its file.
        try await client.send(StoredClient.get(paths[1]))
        let after = try await client.settled()
        #expect(after.map(\.body) == before.map(\.body) + [before[1].body])
        #expect(after.map { $0.headers["etag"] } == (before + [before[1]]).map { $0.headers["etag"] })
        await station.close()
    }

    @Test("slots outside the window are told apart, and the wrong ending is none of the stream's")
    func missing() async throws {
        let (station, _) = try await StoredStation.playing(60, in: self.directory)
        let slots = try #require(station.stream.store.slots)
        for (name, age) in [
            ("\(slots.lowerBound - 1).ts", "max-age=60"), ("\(slots.upperBound).ts", "max-age=1"),
            ("\(slots.upperBound + 1).ts", "max-age=1"),
        ] {
            let answer = try await station.answer("GET /test/ts/5760-960/\(name)").answer
            guard case .problem(let problem) = answer else {
                Issue.record("\(name) must be a problem")
                continue
            }
            #expect(problem.status == .notFound && "max-age=\(problem.maxAge)" == age)
        }
        #expect(try await station.response("GET /test/packed/5760-960/\(slots.lowerBound + 4).aac").status == 404)
        await station.close()
    }
}

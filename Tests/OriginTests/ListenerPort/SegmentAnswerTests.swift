// SegmentAnswerTests: segments, whole and in part.

import HLS
import NIOCore
import Segmenter
import Testing
import Wire

@testable import Origin

@Suite struct SegmentAnswerTests {
    private let station: Station
    private let segment: Segment

    init() throws {
        self.station = try Station.playing(40).station
        self.segment = try #require(try self.station.stream.store.newestComplete(3).last { $0.isComplete })
    }

    private func path(_ container: Container, slot: Int64? = nil) -> String {
        "/test/\(container.rawValue)/5760-960/\(slot ?? self.segment.slot).\(container.fileExtension(for: .mp3))"
    }

    private func whole(_ container: Container) throws -> [UInt8] {
        let prepared = try self.station.stream.segments.prepared(self.segment, in: container, life: 1)
        return Array(prepared.body.readableBytesView)
    }

    @Test("a segment is served whole, immutable, with its type", arguments: Container.allCases)
    func served(container: Container) throws {
        let response = try self.station.response("GET \(self.path(container))")
        let bytes = try self.whole(container)
        #expect(response.status == 200 && Array(response.body.readableBytesView) == bytes)
        #expect(response.headers["content-length"] == "\(bytes.count)")
        #expect(response.headers["content-type"] == container.contentType(for: .mp3))
        #expect(response.headers["accept-ranges"] == "bytes")
        #expect(response.headers["cache-control"]?.hasSuffix("immutable") == true)
        #expect(response.headers["access-control-allow-origin"] == "*")
        let head = try self.station.response("HEAD \(self.path(container))")
        #expect(head.headers == response.headers && head.body.readableBytes == 0)
    }

    @Test("any part of a segment is that part of the whole", arguments: Container.allCases)
    func ranges(container: Container) throws {
        let bytes = try self.whole(container)
        let count = bytes.count
        let ranges = [0..<1, 0..<count, count - 1..<count, 60..<90, 15_000..<40_000, 77..<78, 1..<count - 1]
        for range in ranges {
            let header = "Range: bytes=\(range.lowerBound)-\(range.upperBound - 1)"
            let response = try self.station.response("GET \(self.path(container))", [header])
            #expect(response.status == 206)
            #expect(Array(response.body.readableBytesView) == Array(bytes[range]))
            #expect(response.headers["content-range"] == "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(count)")
            #expect(response.headers["content-length"] == "\(range.count)")
        }
        let tail = try self.station.response("GET \(self.path(container))", ["Range: bytes=-10"])
        #expect(Array(tail.body.readableBytesView) == bytes.suffix(10))
    }

    @Test("a part behind the end is refused with the length")
    func unsatisfiable() throws {
        let count = try self.whole(.transportStream).count
        let response = try self.station.response("GET \(self.path(.transportStream))", ["Range: bytes=\(count)-"])
        #expect(response.status == 416 && response.body.readableBytes == 0)
        #expect(response.headers["content-range"] == "bytes */\(count)")
    }

    @Test("If-Range with another tag, a weak one or a date gives the whole; If-None-Match comes first")
    func conditions() throws {
        let path = self.path(.transportStream)
        let tag = try #require(try self.station.response("GET \(path)").headers["etag"])
        func status(_ headers: String...) throws -> Int {
            try self.station.response("GET \(path)", headers + ["Range: bytes=0-9"]).status
        }
        #expect(try status("If-Range: \(tag)") == 206)
        #expect(try status("If-Range: \"other\"") == 200)
        #expect(try status("If-Range: W/\(tag)") == 200)
        #expect(try status("If-Range: Mon, 05 Oct 2026 09:00:00 GMT") == 200)
        #expect(try status("If-None-Match: \(tag)") == 304)
        #expect(try status("If-None-Match: \"other\"") == 206)
    }

    @Test("a HEAD request has no range (RFC 9110 §14.2)")
    func headWithRange() throws {
        let response = try self.station.response("HEAD \(self.path(.transportStream))", ["Range: bytes=0-9"])
        #expect(response.status == 200)
    }

    @Test("what is not there is a 404 for a short while, what has gone for longer, whatever the number")
    func missing() throws {
        let slots = try #require(self.station.stream.store.slots)
        func problem(_ slot: Int64) throws -> Problem? {
            guard case .problem(let problem) = try self.station.answer("GET \(self.path(.packedAudio, slot: slot))")
            else { return nil }
            return problem
        }
        for slot in [slots.upperBound, slots.upperBound + 1, .max] {
            let problem = try #require(try problem(slot))
            #expect(problem.status == .notFound && problem.maxAge == 1)
        }
        for slot in [slots.lowerBound - 1, 0, 1] {
            let problem = try #require(try problem(slot))
            #expect(problem.status == .notFound && problem.maxAge > 1)
        }
        #expect(try Station().response("GET \(self.path(.packedAudio))").status == 404)
    }

    @Test("a segment's name ends as its codec's does")
    func endings() throws {
        let path = "/test/packed/5760-960/\(self.segment.slot).aac"
        let status = try self.station.response("GET \(path)").status
        #expect(status == 404)
    }
}

// DownloadAnswerTests: a stretch of audio as a file.

import NIOCore
import Segmenter
import Testing
import Wire

@testable import Origin

@Suite struct DownloadAnswerTests {
    private let station: Station

    init() throws {
        self.station = try Station.playing(60).station
    }

    private func query(_ from: Int64, _ to: Int64) throws -> String {
        let newest = try #require(self.station.stream.store.liveEdgeTime).milliseconds
        return "from=\(newest - from)&to=\(newest - to)"
    }

    @Test("a file has its length, its name by the audio's start, its times and a tag")
    func file() throws {
        let answer = try self.station.answer("GET /test?\(self.query(30_000, 10_000))")
        guard case .download(_, let excerpt, let range, let status, _) = answer else {
            Issue.record("it must be a download")
            return
        }
        let response = try Response(answer)
        #expect(range == 0..<excerpt.byteCount && status.rawValue == 200)
        // Twenty seconds of 384 octets each 24 ms.
        #expect(abs(excerpt.byteCount - 320_000) <= 384 && excerpt.byteCount % 384 == 0)
        #expect(response.headers["content-length"] == "\(excerpt.byteCount)")
        #expect(response.headers["content-type"] == "audio/mpeg")
        #expect(response.headers["accept-ranges"] == "bytes")
        #expect(response.headers["x-start-time"] == excerpt.start.time.rfc3339)
        #expect(response.headers["x-end-time"] == excerpt.endTime.rfc3339)
        let compact = excerpt.start.time.rfc3339.prefix(19).filter { $0 != "-" && $0 != ":" }
        #expect(response.headers["content-disposition"] == "attachment; filename=\"test-\(compact)Z.mp3\"")
        #expect(response.headers["etag"]?.hasPrefix("\"test-") == true)
        #expect(response.headers["access-control-allow-origin"] == "*")
    }

    @Test("AAC is called so")
    func aac() throws {
        let (station, _) = try Station.playing(30, codec: .aac)
        let response = try station.response("GET /test?pump=10")
        #expect(response.headers["content-type"] == "audio/aac")
        #expect(response.headers["content-disposition"]?.hasSuffix(".aac\"") == true)
    }

    @Test("HEAD says the same without a body, whatever range it asks for")
    func head() throws {
        let query = try self.query(30_000, 10_000)
        let get = try self.station.response("GET /test?\(query)")
        for headers in [[], ["Range: bytes=0-9"]] {
            let head = try self.station.response("HEAD /test?\(query)", headers)
            #expect(head.status == 200 && head.body.readableBytes == 0)
            #expect(head.headers["content-length"] == get.headers["content-length"])
            #expect(head.headers["etag"] == get.headers["etag"])
        }
    }

    @Test("a range is a part of the file; one behind its end is refused with the length")
    func ranges() throws {
        let query = try self.query(30_000, 10_000)
        let whole = try #require(Int(try self.station.response("GET /test?\(query)").headers["content-length"] ?? ""))
        for (asked, expected) in [
            ("0-0", 0..<1), ("1000-", 1_000..<whole), ("-5", whole - 5..<whole), ("7-\(whole * 2)", 7..<whole),
        ] {
            let answer = try self.station.answer("GET /test?\(query)", ["Range: bytes=\(asked)"])
            guard case .download(_, _, let range, let status, _) = answer else {
                Issue.record("\(asked) must be a download")
                continue
            }
            let response = try Response(answer)
            #expect(status.rawValue == 206 && range == expected)
            #expect(response.headers["content-length"] == "\(expected.count)")
            let place = "\(expected.lowerBound)-\(expected.upperBound - 1)"
            #expect(response.headers["content-range"] == "bytes \(place)/\(whole)")
        }
        for asked in ["\(whole)-", "-0"] {
            let response = try self.station.response("GET /test?\(query)", ["Range: bytes=\(asked)"])
            #expect(response.status == 416 && response.headers["content-range"] == "bytes */\(whole)")
        }
    }

    @Test("a resumed download goes on only in the same file; a known one is not sent again")
    func validators() throws {
        let query = try self.query(30_000, 10_000)
        let tag = try #require(try self.station.response("GET /test?\(query)").headers["etag"])
        let same = try self.station.response("GET /test?\(query)", ["Range: bytes=10-19", "If-Range: \(tag)"])
        #expect(same.status == 206 && same.headers["content-length"] == "10")
        for other in ["\"other\"", "W/\(tag)", "Mon, 23 Nov 2026 09:00:00 GMT"] {
            let response = try self.station.response(
                "GET /test?\(query)",
                ["Range: bytes=10-19", "If-Range: \(other)"]
            )
            #expect(response.status == 200)
        }
        let known = try self.station.response("GET /test?\(query)", ["If-None-Match: \(tag)"])
        #expect(known.status == 304 && known.headers["etag"] == tag)
        let shifted = try self.station.response("GET /test?\(self.query(30_000, 9_000))")
        #expect(shifted.headers["etag"] != tag)
    }

    @Test("the tag of a stretch that has an end does not change while the stream goes on")
    func stableTag() throws {
        let (station, encoder) = try Station.playing(60)
        let newest = try #require(station.stream.store.liveEdgeTime).milliseconds
        let line = "GET /test?from=\(newest - 30_000)&to=\(newest - 2_000)"
        let before = try station.response(line)
        station.play(20, encoder)
        let after = try station.response(line)
        #expect(after.headers["etag"] == before.headers["etag"])
        #expect(after.headers["content-length"] == before.headers["content-length"])
    }

    @Test("a download takes no ICY metadata: it is a file")
    func noTitles() throws {
        let plain = try self.station.response("GET /test?\(self.query(30_000, 10_000))")
        let asked = try self.station.response("GET /test?\(self.query(30_000, 10_000))", ["Icy-MetaData: 1"])
        #expect(asked.headers == plain.headers && asked.headers["icy-metaint"] == nil)
    }
}

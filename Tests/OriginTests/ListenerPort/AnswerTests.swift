// AnswerTests: what requests get.

import HLS
import NIOCore
import Segmenter
import Testing

@testable import Origin

@Suite struct AnswerTests {
    private static let playlist = "/test/ts/live.m3u8"

    @Test(
        "methods other than GET, HEAD and OPTIONS are named as not allowed",
        arguments: ["POST", "PUT", "SOURCE", "BREW"]
    )
    func methods(method: String) throws {
        let response = try Station().response("\(method) /test")
        #expect(response.status == 405 && response.headers["allow"] == "GET, HEAD, OPTIONS")
    }

    @Test("a preflight is answered for every path", arguments: ["/test", "/nowhere", "*"])
    func preflight(path: String) throws {
        let headers = ["Origin: https://a", "Access-Control-Request-Method: GET"]
        let response = try Station().response("OPTIONS \(path)", headers)
        #expect(response.status == 204 && response.body.readableBytes == 0)
        #expect(response.headers["access-control-allow-origin"] == "*")
        #expect(response.headers["access-control-allow-headers"]?.contains("Icy-MetaData") == true)
    }

    @Test(
        "before the first audio a playlist asks to come back",
        arguments: ["/test.m3u8", playlist, "/test/master.m3u8"]
    )
    func noAudioYet(path: String) throws {
        let response = try Station().response("GET \(path)")
        #expect(response.status == 503 && response.headers["retry-after"] == "5")
    }

    @Test("the stream's playlist is in the codec's own container", arguments: [AudioFormat.Codec.mp3, .aac])
    func standardContainer(codec: AudioFormat.Codec) throws {
        let (station, _) = try Station.playing(30, codec: codec)
        let response = try station.response("GET /test.m3u8")
        #expect(response.status == 200)
        #expect(response.headers["content-type"] == "application/vnd.apple.mpegurl")
        #expect(response.text.contains(codec == .mp3 ? "test/ts/5760-960/" : "test/packed/5760-960/"))
    }

    @Test(
        "HEAD has the headers of GET and no body",
        arguments: ["/test.m3u8", playlist, "/test/master.m3u8", "/test.pls"]
    )
    func head(path: String) throws {
        let (station, _) = try Station.playing(30)
        let get = try station.response("GET \(path)", ["Host: radio.example:8001"])
        let head = try station.response("HEAD \(path)", ["Host: radio.example:8001"])
        #expect(get.status == 200 && head.status == 200)
        #expect(head.headers == get.headers && head.body.readableBytes == 0)
        #expect(get.headers["content-length"] == "\(get.body.readableBytes)")
    }

    @Test("a client that has the playlist is told so")
    func notModified() throws {
        let (station, encoder) = try Station.playing(30)
        let tag = try #require(try station.response("GET \(Self.playlist)").headers["etag"])
        for known in [tag, "W/" + tag, "\"x\", \(tag)", "*", " \t\(tag)"] {
            let response = try station.response("GET \(Self.playlist)", ["If-None-Match: \(known)"])
            #expect(response.status == 304 && response.body.readableBytes == 0)
            #expect(response.headers["etag"] == tag && response.headers["cache-control"] != nil)
        }
        for unknown in ["\"x\"", String(tag.dropLast(2)) + "\"", tag.replacingOccurrence(of: "\"", with: "")] {
            #expect(try station.response("GET \(Self.playlist)", ["If-None-Match: \(unknown)"]).status == 200)
        }
        station.play(7, encoder)
        #expect(try station.response("GET \(Self.playlist)", ["If-None-Match: \(tag)"]).status == 200)
    }

    @Test("gzip is sent to those who take it, under a tag of its own")
    func gzip() throws {
        let (station, _) = try Station.playing(60)
        let plain = try station.response("GET \(Self.playlist)")
        for accepted in ["gzip", "deflate, gzip;q=0.5, br", "GZIP"] {
            let response = try station.response("GET \(Self.playlist)", ["Accept-Encoding: \(accepted)"])
            #expect(response.headers["content-encoding"] == "gzip")
            #expect(response.headers["etag"] != plain.headers["etag"])
            let tag = response.headers["etag"] ?? ""
            let headers = ["Accept-Encoding: gzip", "If-None-Match: \(tag)"]
            #expect(try station.response("GET \(Self.playlist)", headers).status == 304)
            #expect(try station.response("GET \(Self.playlist)", ["If-None-Match: \(tag)"]).status == 200)
        }
        for accepted in ["identity", "br", "xgzip", ""] {
            let response = try station.response("GET \(Self.playlist)", ["Accept-Encoding: \(accepted)"])
            #expect(response.headers["content-encoding"] == nil)
        }
        #expect(plain.headers["vary"] == "Accept-Encoding")
    }

    @Test("a client that refuses gzip does not get it (RFC 9110 §12.5.3)", arguments: ["gzip;q=0", "gzip; q=0.0, br"])
    func gzipRefused(accepted: String) throws {
        let (station, _) = try Station.playing(60)
        let response = try station.response("GET \(Self.playlist)", ["Accept-Encoding: \(accepted)"])
        #expect(response.headers["content-encoding"] == nil)
    }

    @Test("a playlist may be cached until the next edge at most, half a segment at most, a second at least")
    func maxAge() throws {
        let (station, encoder) = try Station.playing(30)
        for _ in 0..<60 {
            station.play(0.1, encoder)
            let header = try station.response("GET \(Self.playlist)").headers["cache-control"]
            let age = try #require(header.flatMap { Int($0.drop { !$0.isNumber }) })
            let grid = SlotGrid.standard
            let edge = grid.edge(ofSlot: grid.slot(at: station.time.now) + 1)
            let left = Int(edge.millisecondsSince(station.time.now) / 1_000)
            #expect(age >= 1 && age <= 3 && age <= max(1, left))
        }
    }

    @Test("a playlist that is about to be replaced is cached for no longer than a second")
    func maxAgeOfALatePlaylist() throws {
        let (station, encoder) = try Station.playing(30)
        let stream = try station.stream
        // To just behind an edge whose segment is not there yet: the encoder is half a second late.
        while stream.store.lastCompleteSlot != SlotGrid.standard.slot(at: station.time.now) - 1 {
            station.play(0.05, encoder)
        }
        station.play(5, encoder)
        while SlotGrid.standard.slot(at: station.time.now) - 1 == stream.store.lastCompleteSlot { station.play(0.05) }
        let header = try station.response("GET \(Self.playlist)").headers["cache-control"]
        #expect(header == "max-age=1")
    }

    @Test("a playlist with a time is not served yet, and says where a time is taken")
    func timesOnPlaylists() throws {
        let (station, _) = try Station.playing(30)
        for query in ["timestamp=5", "offset=10", "from=1&to=2", "to=5", "x=1&offset="] {
            #expect(try station.response("GET /test.m3u8?\(query)").status == 501)
        }
        #expect(try station.response("GET /test.m3u8?cachebuster=1").status == 200)
        #expect(try station.response("GET /test.m3u8?").status == 200)
    }

    @Test("tune-in files name the server by the host that was asked, and take no other text for one")
    func tuneIn() throws {
        let station = Station([.test(isRoot: true)])
        let pls = try station.response("GET /test.pls", ["Host: radio.example:8001"])
        #expect(pls.status == 200 && pls.headers["content-type"] == "audio/x-scpls")
        #expect(pls.text.contains("File1=http://radio.example:8001/test\n"))
        #expect(try station.response("GET /listen.pls", ["Host: [::1]:80"]).text.contains("http://[::1]:80/test"))
        #expect(try station.response("GET /test.m3u", ["Host: a"]).text == "http://a/test\r\n")
        #expect(try station.response("GET /test.xspf", ["Host: a"]).text.contains("<location>http://a/test</location>"))
        for host in ["<script>", "a/b", "a b", "a\"b", String(repeating: "a", count: 256)] {
            #expect(try station.response("GET /test.xspf", ["Host: \(host)"]).status == 400)
        }
        #expect(try station.response("GET /test.m3u").status == 400)
    }

    @Test("an unknown path is a 404 that names what there is")
    func unknown() throws {
        let response = try Station().response("GET /nowhere")
        #expect(response.status == 404 && response.text.contains("/test"))
    }
}

extension String {
    fileprivate func replacingOccurrence(of old: Character, with new: String) -> String {
        self.map { $0 == old ? new : String($0) }.joined()
    }
}

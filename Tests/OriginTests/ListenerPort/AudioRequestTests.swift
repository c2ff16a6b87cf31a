// AudioRequestTests: where a listener begins.

import NIOCore
import Segmenter
import Testing
import Wire

@testable import Origin

@Suite struct AudioRequestTests {
    private func begin(_ query: String, _ station: Station) throws -> (place: FramePlace, isTimeAddressed: Bool)? {
        let parameters = QueryParameters(ByteBuffer(string: query), plusIsSpace: false)
        switch AudioRequest(parameters, stream: try station.stream, now: station.time.now) {
        case .begin(let place, let isTimeAddressed): return (place, isTimeAddressed)
        case .refuse, .download, .needs: return nil
        }
    }

    private func refusal(_ query: String, _ station: Station) throws -> Problem? {
        let parameters = QueryParameters(ByteBuffer(string: query), plusIsSpace: false)
        switch AudioRequest(parameters, stream: try station.stream, now: station.time.now) {
        case .begin, .download, .needs: return nil
        case .refuse(let problem): return problem
        }
    }

    @Test(
        "before the first audio every request is asked to come back",
        arguments: ["", "offset=5", "timestamp=5", "offset=x"]
    )
    func noAudio(query: String) throws {
        let problem = try #require(try self.refusal(query, Station()))
        #expect(problem.status == .unavailable)
    }

    @Test("a live listener begins a burst behind the edge, and is not told a time")
    func live() throws {
        let (station, _) = try Station.playing(60)
        let found = try #require(try self.begin("", station))
        let edge = try #require(station.stream.store.liveEdgeTime)
        #expect((9_970...10_000).contains(edge.millisecondsSince(found.place.time)))
        #expect(!found.isTimeAddressed)
    }

    @Test("an offset is seconds behind the station's time, on a frame; a larger one gives the oldest audio")
    func offsets() throws {
        let (station, _) = try Station.playing(60)
        for seconds in [5, 10, 30] as [Int64] {
            let found = try #require(try self.begin("offset=\(seconds)", station))
            let behind = station.time.now.millisecondsSince(found.place.time)
            #expect((seconds * 1_000 - 24...seconds * 1_000).contains(behind))
            #expect(found.isTimeAddressed)
        }
        let oldest = try #require(station.stream.store.oldestTime)
        for query in ["offset=3600", "offset=2d", "offset=999999999999999"] {
            #expect(try self.begin(query, station)?.place.time == oldest)
        }
        let newest = try #require(try self.begin("offset=0", station))
        let edge = try #require(station.stream.store.liveEdgeTime)
        #expect((900...1_000).contains(edge.millisecondsSince(newest.place.time)))
    }

    @Test("a timestamp is the first frame not before it, inside the window only")
    func timestamps() throws {
        let (station, _) = try Station.playing(60)
        let store = try station.stream.store
        let oldest = try #require(store.oldestTime)
        let newest = try #require(store.liveEdgeTime)
        for back in [1_000, 12_345, 40_000] as [Int64] {
            let moment = newest.advanced(byMilliseconds: -back)
            let found = try #require(try self.begin("timestamp=\(moment.milliseconds)", station))
            #expect((0..<24).contains(found.place.time.millisecondsSince(moment)))
            #expect(try self.begin("timestamp=\(moment.rfc3339)", station)?.place == found.place)
        }
        #expect(try self.begin("timestamp=\(oldest.milliseconds)", station)?.place.time == oldest)
        for outside in [oldest.milliseconds - 1, newest.milliseconds + 1, 0, 253_402_300_799_999] {
            let problem = try #require(try self.refusal("timestamp=\(outside)", station))
            #expect(problem.status == .notFound)
            #expect(problem.members.map(\.value) == [oldest.rfc3339, newest.rfc3339])
        }
    }

    @Test("the newest moment that a refusal names is one that can be asked for")
    func newestMoment() throws {
        let (station, _) = try Station.playing(30)
        let newest = try #require(station.stream.store.liveEdgeTime)
        let found = try self.begin("timestamp=\(newest.milliseconds)", station)
        #expect(found != nil)
    }

    @Test("a timestamp in a gap gives the next audio, and an offset too")
    func gaps() throws {
        let (station, encoder) = try Station.playing(30)
        encoder.leave()
        let lost = station.time.now
        station.play(30)
        let back = station.time.now
        let again = Encoder(from: 1_000_000)
        try station.connect(again)
        station.play(20, again)
        let moment = lost.advanced(byMilliseconds: 10_000)
        let found = try #require(try self.begin("timestamp=\(moment.milliseconds)", station))
        #expect(abs(found.place.time.millisecondsSince(back)) < 1_000)
        #expect(try self.begin("offset=45", station)?.place == found.place)
    }

    @Test("what cannot be read is a 400 that says what is accepted")
    func nonsense() throws {
        let (station, _) = try Station.playing(10)
        for query in ["offset=x", "timestamp=", "timestamp=x&offset=5"] {
            let problem = try #require(try self.refusal(query, station))
            #expect(problem.status == .badRequest && problem.detail.contains("must be"))
        }
    }

    // MARK: Downloads

    private func download(_ query: String, _ station: Station) throws -> Excerpt? {
        let parameters = QueryParameters(ByteBuffer(string: query), plusIsSpace: false)
        let request = AudioRequest(parameters, stream: try station.stream, now: station.time.now)
        guard case .download(let excerpt) = request else { return nil }
        return excerpt
    }

    @Test("a download's beginning is clamped to the oldest audio, and its end to the newest part")
    func downloadIsClamped() throws {
        let (station, _) = try Station.playing(60)
        let oldest = try #require(station.stream.store.oldestTime)
        let newest = try #require(station.stream.store.liveEdgeTime)
        for query in [
            "from=0&to=\(newest.milliseconds + 3_600_000)", "from=\(oldest.milliseconds)", "from=0&to=253402300799999",
            "pump=999999999999999&from=999999999999999", "pump=999999999999999", "pump=2d&from=2d",
        ] {
            let excerpt = try #require(try self.download(query, station))
            #expect(excerpt.start.time == oldest && excerpt.endTime == newest)
        }
    }

    @Test("pump is so many seconds, beginning so many behind the station's time")
    func pumped() throws {
        let (station, _) = try Station.playing(60)
        let excerpt = try #require(try self.download("pump=20&from=40", station))
        let from = station.time.now.advanced(byMilliseconds: -40_000)
        #expect((0..<24).contains(excerpt.start.time.millisecondsSince(from)))
        #expect((0..<24).contains(excerpt.endTime.millisecondsSince(from.advanced(byMilliseconds: 20_000))))
    }

    @Test("an empty stretch is a 404 that names the window, nonsense a 400")
    func downloadOfNothing() throws {
        let (station, _) = try Station.playing(60)
        let oldest = try #require(station.stream.store.oldestTime).milliseconds
        let newest = try #require(station.stream.store.liveEdgeTime).milliseconds
        for query in [
            "from=0&to=\(oldest)", "from=\(newest)", "from=\(newest - 5_000)&to=\(newest - 5_000)",
            "from=\(newest - 5_000)&to=\(newest - 9_000)", "pump=1&from=999999999999999",
        ] {
            let problem = try #require(try self.refusal(query, station))
            #expect(problem.status == .notFound && problem.members.map(\.name) == ["oldest", "newest"])
        }
        for query in ["to=\(newest)", "from=x", "pump=0", "from=\(oldest)&to=x"] {
            #expect(try self.refusal(query, station)?.status == .badRequest)
        }
    }
}

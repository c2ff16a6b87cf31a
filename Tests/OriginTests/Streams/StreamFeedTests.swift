// StreamFeedTests: sources that come, go, stall and stand by.

import Ingest
import NIOCore
import Segmenter
import Testing

@testable import Origin

@Suite struct StreamFeedTests {
    @Test("an encoder's frames are on air in order, none lost, and the status says whose they are")
    func live() throws {
        let (station, encoder) = try Station.playing(30)
        let heard = try station.heard
        #expect(heard == Array(0..<heard.count) && heard.count > 1_150)
        let status = try station.stream.feedStatus
        #expect(status.source?.peer == "192.0.2.1" && status.standbySources == 0)
        #expect(status.format?.codec == .mp3 && status.droppedFrames == 0)
        encoder.leave()
        station.settle()
        #expect(try station.stream.feedStatus.source == nil)
    }

    @Test("a second source stands by unheard, and takes over when the live one leaves")
    func takesOverOnLeaving() throws {
        let (station, first) = try Station.playing(20)
        let second = Encoder(from: 1_000_000)
        try station.connect(second)
        station.play(10, first, second)
        #expect(try station.heard.allSatisfy { $0 < 1_000_000 })
        #expect(try station.stream.feedStatus.standbySources == 1)
        first.leave()
        station.play(20, second)
        let heard = try station.heard
        let change = try #require(heard.firstIndex { $0 >= 1_000_000 })
        #expect(heard[change...].allSatisfy { $0 >= 1_000_000 })
        #expect(Array(heard[change...]) == Array(heard[change]..<heard[change] + heard.count - change))
        #expect(try station.stream.feedStatus.standbySources == 0)
        try self.expectNoLongSilence(station, atMost: 2.5)
    }

    @Test("a source on standby takes over when the live one is three seconds late")
    func takesOverWhenLate() throws {
        let (station, first) = try Station.playing(20)
        let second = Encoder(from: 1_000_000)
        try station.connect(second)
        station.play(5, first, second)
        station.play(2.5, second)
        #expect(try station.heard.allSatisfy { $0 < 1_000_000 })
        station.play(20, second)
        #expect(try station.heard.last ?? 0 > 1_000_000)
        #expect(try station.stream.feedStatus.standbySources == 1)
        try self.expectNoLongSilence(station, atMost: 4.5)
    }

    @Test("two sources that connect at the same moment: the first is on air, the other stands by")
    func togetherFromTheStart() throws {
        let station = Station()
        let (first, second) = (Encoder(), Encoder(from: 1_000_000))
        try station.connect(first)
        try station.connect(second)
        station.play(30, first, second)
        let heard = try station.heard
        #expect(heard.count > 1_000 && heard.allSatisfy { $0 < 1_000_000 })
    }

    @Test("two sources that were both cut off for some seconds do not fight when they return")
    func bothComeBack() throws {
        let (station, first) = try Station.playing(20)
        let second = Encoder(from: 1_000_000)
        try station.connect(second)
        station.play(2, first, second)
        station.play(5)
        station.play(30, first, second)
        let edge = try #require(station.stream.store.liveEdgeTime)
        #expect(edge.millisecondsSince(station.time.now) > -5_000)
    }

    @Test("a source of another codec is closed with the reason, and the stream goes on without it")
    func codecRefusal() throws {
        let (station, first) = try Station.playing(20)
        first.leave()
        let other = Encoder(.aac)
        try station.connect(other)
        station.play(2, other)
        let asked = try #require(other.control.requests.first)
        #expect(asked.hasPrefix("close: this stream's audio is MP3, the source sends AAC"))
        other.leave()
        let back = Encoder(from: 2_000_000)
        try station.connect(back)
        station.play(20, back)
        #expect(try station.heard.last ?? 0 > 2_000_000)
        #expect(back.control.requests.isEmpty)
    }

    @Test("a source that delivers faster than real time is paused and resumed, each asked once")
    func backPressure() throws {
        let (station, encoder) = try Station.playing(20)
        encoder.send(seconds: 10)
        station.settle()
        #expect(encoder.control.requests == ["pause"])
        station.play(5)
        #expect(encoder.control.requests == ["pause"])
        station.play(6)
        #expect(encoder.control.requests == ["pause", "resume"])
        station.play(10, encoder)
        #expect(encoder.control.requests.count <= 2)
        let heard = try station.heard
        #expect(heard == Array(0..<heard.count))
    }

    @Test("without a source the stream goes on in silence, and its parts stay on the clock")
    func outage() throws {
        let (station, encoder) = try Station.playing(20)
        encoder.leave()
        station.play(60)
        let edge = try #require(station.stream.store.liveEdgeTime)
        #expect((-4_000...0).contains(edge.millisecondsSince(station.time.now)))
        let again = Encoder(from: 3_000_000)
        try station.connect(again)
        station.play(20, again)
        #expect(try station.heard.last ?? 0 > 3_000_000)
    }

    @Test("a title binds to the next frame, and the status shows it")
    func titles() throws {
        let (station, encoder) = try Station.playing(20)
        try station.stream.announce("Artist - Title", url: nil, at: station.time.now)
        station.play(10, encoder)
        #expect(try station.stream.feedStatus.title?.text == "Artist - Title")
        #expect(try station.parts.last?.title?.text == "Artist - Title")
        #expect(try station.parts.first?.title == nil)
    }

    @Test("a stream's configured title is there from the first part on")
    func configuredTitle() throws {
        var definition = StreamDefinition.test()
        definition.title = "Station"
        let (station, _) = try Station.playing(5, [definition])
        #expect(try station.parts.first?.title?.text == "Station")
    }

    @Test("stopping a stream closes its sources, and time stands still")
    func stop() throws {
        let (station, encoder) = try Station.playing(20)
        let standby = Encoder()
        try station.connect(standby)
        try station.stream.stop()
        station.settle()
        #expect(encoder.control.requests.last == "close: the server is shutting down")
        #expect(standby.control.requests == ["close: the server is shutting down"])
        let edge = try station.stream.store.liveEdge
        station.play(30)
        #expect(try station.stream.store.liveEdge == edge)
    }

    /// Whether silence after the first audio lasts no longer than allowed.
    private func expectNoLongSilence(_ station: Station, atMost seconds: Double) throws {
        var silent = 0.0
        var longest = 0.0
        var hasBegun = false
        for part in try station.parts {
            for frame in 0..<part.frameCount {
                let isSilent = part.silences.contains { $0.contains(frame) }
                hasBegun = hasBegun || !isSilent
                silent = isSilent && hasBegun ? silent + 0.024 : 0
                longest = max(longest, silent)
            }
        }
        #expect(longest <= seconds)
    }
}

// PlaylistCacheTests: playlists rendered once a segment.

import HLS
import NIOCore
import Segmenter
import Testing

@testable import Origin

@Suite struct PlaylistCacheTests {
    private static let kinds: [PlaylistCache.Kind] = [
        .stream(.transportStream), .stream(.packedAudio), .container(.transportStream), .container(.packedAudio),
        .multivariant,
    ]

    private func text(_ content: PreparedContent) -> String {
        var answer = content.plain.answers[0]
        answer.moveReaderIndex(forwardBy: content.plain.heads[0].readableBytes)
        return String(buffer: answer)
    }

    private func address(_ content: PreparedContent) -> UnsafeRawPointer? {
        content.plain.answers[0].withUnsafeReadableBytes { $0.baseAddress }
    }

    @Test("before the first audio there is no playlist")
    func empty() throws {
        let stream = try Station().stream
        for kind in Self.kinds { #expect(stream.playlists.content(kind) == nil) }
    }

    @Test("a playlist is the same memory until the next segment, and then another", arguments: kinds)
    func shared(kind: PlaylistCache.Kind) throws {
        let (station, encoder) = try Station.playing(40)
        let stream = try station.stream
        let first = try #require(stream.playlists.content(kind))
        let slot = stream.store.lastCompleteSlot
        station.play(1, encoder)
        if stream.store.lastCompleteSlot == slot {
            #expect(self.address(try #require(stream.playlists.content(kind))) == self.address(first))
        }
        station.play(6, encoder)
        let later = try #require(stream.playlists.content(kind))
        #expect(self.address(later) != self.address(first))
        #expect(kind == .multivariant || self.text(later) != self.text(first))
    }

    @Test("each kind names its segments from where it stands")
    func addresses() throws {
        let (station, _) = try Station.playing(40)
        let stream = try station.stream
        let slot = try #require(stream.store.lastCompleteSlot)
        func lastLine(_ kind: PlaylistCache.Kind) throws -> Substring? {
            self.text(try #require(stream.playlists.content(kind))).split(separator: "\n").last
        }
        #expect(try lastLine(.stream(.transportStream)) == "test/ts/5760-960/\(slot).ts")
        #expect(try lastLine(.stream(.packedAudio)) == "test/packed/5760-960/\(slot).mp3")
        #expect(try lastLine(.container(.transportStream)) == "5760-960/\(slot).ts")
        #expect(try lastLine(.container(.packedAudio)) == "5760-960/\(slot).mp3")
        #expect(try lastLine(.multivariant) == "ts/live.m3u8")
    }

    @Test("every segment that a playlist names can be fetched")
    func fetchable() throws {
        let (station, _) = try Station.playing(60)
        let content = try #require(try station.stream.playlists.content(.stream(.transportStream)))
        let uris = self.text(content).split(separator: "\n").filter { !$0.hasPrefix("#") }
        #expect(uris.count >= 13)
        for uri in uris { #expect(try station.response("GET /\(uri)").status == 200) }
    }

    @Test("a stream whose window is only as long as what is left unlisted still has a playlist")
    func shortWindow() throws {
        var definition = StreamDefinition.test()
        definition.seconds = 60
        let (station, _) = try Station.playing(120, [definition])
        let content = try station.stream.playlists.content(.container(.transportStream))
        let listed = content.map { self.text($0).split(separator: "\n").filter { !$0.hasPrefix("#") } } ?? []
        #expect(listed.count >= 3)
    }
}

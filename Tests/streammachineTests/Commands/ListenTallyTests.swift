// ListenTallyTests: what a counting listener makes of what arrives.

import Foundation
import NIOCore
import Testing

@testable import streammachine

@Suite("ListenTally")
struct ListenTallyTests {
    private static let start = ContinuousClock.now
    /// 168 frames of 384 bytes, 24 ms each.
    private static let fixture = "hls-fixtures/audio/mp3-cbr128-48000-stereo.mp3"

    private func audio() throws -> [UInt8] {
        let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../..")
        return try [UInt8](Data(contentsOf: root.appending(path: Self.fixture)))
    }

    private func head(_ lines: String...) -> [UInt8] {
        Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
    }

    /// An ICY block with a text, padded.
    private func block(_ text: String) -> [UInt8] {
        let units = (text.utf8.count + 15) / 16
        return [UInt8(units)] + Array(text.utf8) + Array(repeating: 0, count: units * 16 - text.utf8.count)
    }

    private func tally(
        _ bytes: [UInt8],
        inPiecesOf size: Int = .max
    ) -> (tally: ListenTally, titles: [String]) {
        var tally = ListenTally(start: Self.start)
        var titles: [String] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            titles += tally.take(ByteBuffer(bytes: rest.prefix(size)), at: Self.start)
            rest = rest.dropFirst(size)
        }
        return (tally, titles)
    }

    @Test(
        "audio without titles is counted in bytes, frames and seconds, however it is cut",
        arguments: [1, 7, 1_000, .max]
    )
    func plainAudio(size: Int) throws {
        let (tally, titles) = self.tally(
            self.head("HTTP/1.0 200 OK", "Content-Type: audio/mpeg") + (try self.audio()),
            inPiecesOf: size
        )
        #expect(tally.statusLine == "HTTP/1.0 200 OK")
        #expect(tally.isAudio)
        #expect(titles == [])
        let lines = tally.summary.split(separator: "\n")
        #expect(lines.first?.hasPrefix("64512 bytes of audio") == true)
        #expect(lines.dropFirst().first == "168 frames, 4.032 s of audio")
        #expect(tally.summary.contains("0 titles\n0 gaps, 0 bytes that belong to no frame"))
    }

    @Test(
        "ICY blocks are taken out of the audio and their titles given, however it is cut",
        arguments: [1, 7, 1_000, .max]
    )
    func titles(size: Int) throws {
        let audio = try self.audio()
        var bytes = self.head("HTTP/1.0 200 OK", "icy-metaint: 20000")
        bytes += audio[..<20_000]
        bytes += self.block("StreamTitle='It's on; now';StreamUrl='x';")
        bytes += audio[20_000..<40_000]
        bytes += [0]
        bytes += audio[40_000..<60_000]
        bytes += self.block("StreamTitle='';")
        bytes += audio[60_000...]
        let (tally, titles) = self.tally(bytes, inPiecesOf: size)
        #expect(titles == ["It's on; now", ""])
        #expect(tally.summary.contains("64512 bytes of audio"))
        #expect(tally.summary.contains("168 frames"))
        #expect(tally.summary.contains("2 titles\n0 gaps"))
    }

    @Test("bytes between frames are a gap")
    func gaps() throws {
        let audio = try self.audio()
        let junk = Array(repeating: UInt8(0x55), count: 100)
        var bytes = self.head("HTTP/1.0 200 OK")
        bytes += audio[..<(384 * 80)]
        bytes += junk
        bytes += audio[(384 * 80)...]
        let (tally, _) = self.tally(bytes)
        #expect(tally.summary.contains("1 gaps, 100 bytes that belong to no frame"))
        #expect(tally.summary.contains("168 frames"))
    }

    @Test("an answer that is not audio is not taken for it")
    func refusals() {
        let (missing, _) = self.tally(
            self.head("HTTP/1.1 404 Not Found", "Content-Length: 8") + Array("nothing\n".utf8)
        )
        #expect(missing.statusLine == "HTTP/1.1 404 Not Found")
        #expect(!missing.isAudio)
        let (text, _) = self.tally(self.head("HTTP/1.1 200 OK") + Array(repeating: 0x20, count: 100_000))
        #expect(!text.isAudio)
        #expect(text.summary.contains("failed: "))
        let (silent, _) = self.tally([])
        #expect(!silent.isAudio)
    }

    @Test("the longest wait between two arrivals is told")
    func longestWait() {
        var tally = ListenTally(start: Self.start)
        let head = ByteBuffer(bytes: self.head("HTTP/1.0 200 OK"))
        for seconds in [0.5, 3, 3.25] {
            _ = tally.take(head, at: Self.start.advanced(by: .seconds(seconds)))
        }
        #expect(tally.summary.contains("in 3.25 s"))
        #expect(tally.summary.contains("longest wait 2.5 s"))
    }

    @Test(
        "an interval that makes no sense neither traps nor hangs",
        arguments: ["0", "-5", "1", "x", "99999999999999999999", ""]
    )
    func strangeIntervals(interval: String) throws {
        let bytes = self.head("HTTP/1.0 200 OK", "icy-metaint:\(interval)") + (try self.audio())
        let (tally, _) = self.tally(bytes, inPiecesOf: 1_000)
        #expect(tally.statusLine == "HTTP/1.0 200 OK")
    }
}

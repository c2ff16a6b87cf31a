// ListenTally: what a counting listener has received.

import Foundation
import NIOCore
import Segmenter

/// What a counting listener has received: the head, then audio with or without ICY blocks.
struct ListenTally {
    private(set) var statusLine = ""
    private var head = ByteBuffer()
    private var isInBody = false
    private var interval: Int?
    private var untilBlock = 0
    private var block = ByteBuffer()
    private var blockLength: Int?
    private var decoder = FrameDecoder()
    private var frames = 0
    private static let longestHead = 64 * 1_024
    private var audioSeconds = 0.0
    private var bytes = 0
    private var titles = 0
    private var gaps = 0
    private var failure: String?
    private let start: ContinuousClock.Instant
    private var lastArrival: ContinuousClock.Instant
    private var longestWait = Duration.zero

    init(start: ContinuousClock.Instant) {
        self.start = start
        self.lastArrival = start
    }

    /// Whether the answer was audio.
    var isAudio: Bool { self.statusLine.contains(" 200 ") && self.failure == nil }

    /// Counts bytes; gives the titles that they complete.
    mutating func take(_ received: ByteBuffer, at now: ContinuousClock.Instant) -> [String] {
        self.longestWait = max(self.longestWait, now - self.lastArrival)
        self.lastArrival = now
        var received = received
        if !self.isInBody {
            self.head.writeBuffer(&received)
            guard let body = self.endOfHead() else {
                if self.head.readableBytes > Self.longestHead { self.failure = "the answer's head has no end" }
                return []
            }
            received = body
        }
        return self.takeBody(&received)
    }

    var summary: String {
        let elapsed = Double((self.lastArrival - self.start) / .milliseconds(1)) / 1_000
        var lines = ["\(self.bytes) bytes of audio in \(elapsed) s"]
        lines.append("\(self.frames) frames, \((self.audioSeconds * 1_000).rounded() / 1_000) s of audio")
        lines.append("\(self.titles) titles")
        lines.append("\(self.gaps) gaps, \(self.decoder.junkBytes) bytes that belong to no frame")
        lines.append("longest wait \(Double(self.longestWait / .milliseconds(1)) / 1_000) s")
        if let failure = self.failure { lines.append("failed: \(failure)") }
        return lines.joined(separator: "\n")
    }

    private mutating func endOfHead() -> ByteBuffer? {
        let view = self.head.readableBytesView
        guard let end = view.indices.first(where: { view[$0...].starts(with: [13, 10, 13, 10]) }) else { return nil }
        let text = String(decoding: view[..<end], as: UTF8.self)
        let lines = text.split(separator: "\r\n")
        self.statusLine = lines.first.map(String.init) ?? ""
        for line in lines where line.lowercased().hasPrefix("icy-metaint:") {
            self.interval = Int(line.dropFirst(12).drop { $0 == " " })
        }
        self.untilBlock = self.interval ?? .max
        self.isInBody = true
        return self.head.getSlice(at: end + 4, length: view.endIndex - end - 4)
    }

    private mutating func takeBody(_ received: inout ByteBuffer) -> [String] {
        var titles: [String] = []
        while received.readableBytes > 0 {
            if self.untilBlock > 0 {
                guard let audio = received.readSlice(length: min(self.untilBlock, received.readableBytes)) else {
                    break
                }
                if self.interval != nil { self.untilBlock -= audio.readableBytes }
                self.takeAudio(audio)
            } else if let length = self.blockLength {
                guard
                    var piece = received.readSlice(
                        length: min(length - self.block.readableBytes, received.readableBytes)
                    )
                else { break }
                self.block.writeBuffer(&piece)
                guard self.block.readableBytes == length else { continue }
                titles += self.endOfBlock()
            } else if let units = received.readInteger(as: UInt8.self) {
                self.blockLength = Int(units) * 16
                if units == 0 { titles += self.endOfBlock() }
            }
        }
        return titles
    }

    private mutating func endOfBlock() -> [String] {
        let text = String(buffer: self.block)
        self.block.clear()
        self.blockLength = nil
        self.untilBlock = self.interval ?? .max
        guard let start = text.range(of: "StreamTitle='"),
            let end = text.range(of: "';", range: start.upperBound..<text.endIndex)
        else { return [] }
        self.titles += 1
        return [String(text[start.upperBound..<end.lowerBound])]
    }

    private mutating func takeAudio(_ audio: ByteBuffer) {
        self.bytes += audio.readableBytes
        guard self.failure == nil else { return }
        var frames: [Frame] = []
        let junkBefore = self.decoder.junkBytes
        do {
            try self.decoder.decode(audio, into: &frames)
        } catch {
            self.failure = error.message
        }
        if self.decoder.junkBytes > junkBefore { self.gaps += 1 }
        self.frames += frames.count
        for frame in frames {
            self.audioSeconds += Double(frame.format.samplesPerFrame) / Double(frame.format.sampleRate)
        }
    }
}

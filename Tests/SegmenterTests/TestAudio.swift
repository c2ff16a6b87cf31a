// TestAudio: frames with a number inside, and a source with a clock of its own.

import NIOCore
import Segmenter

/// Frames whose payload is their number, so that a test can tell which ones came out.
enum TestAudio {
    static let rates: [Int32] = [
        96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000,
    ]

    static func format(rate: Int32) -> AudioFormat {
        AudioFormat(codec: .aac, profile: 2, channels: 2, sampleRate: rate, samplesPerFrame: 1_024)
    }

    /// A stereo AAC-LC frame in ADTS: 7 octets of header, then the number.
    static func aac(_ number: Int, rate: Int32 = 48_000) -> Frame {
        let index = UInt8(Self.rates.firstIndex(of: rate) ?? 3)
        let length = 15
        let header: [UInt8] = [
            0xFF, 0xF1, 0x40 | index << 2, 0x80 | UInt8(length >> 11), UInt8(length >> 3 & 0xFF),
            UInt8(length & 7) << 5 | 0x1F, 0xFC,
        ]
        var bytes = ByteBuffer(bytes: header)
        bytes.writeInteger(Int64(number))
        return Frame(bytes: bytes, format: Self.format(rate: rate))
    }

    /// An MPEG-1 layer III frame of 128 kbit/s at 48 kHz whose last eight octets are the number.
    static func mp3(_ number: Int) -> Frame {
        var bytes = ByteBuffer(bytes: [0xFF, 0xFB, 0x94, 0x00])
        bytes.writeRepeatingByte(0, count: 384 - 4 - 8)
        bytes.writeInteger(Int64(number))
        return Frame(
            bytes: bytes,
            format: AudioFormat(codec: .mp3, profile: 0b1101, channels: 2, sampleRate: 48_000, samplesPerFrame: 1_152)
        )
    }

    /// The numbers of a part's frames, `nil` for silent ones.
    static func numbers(of part: Part) -> [Int?] {
        var bytes = part.bytes
        return part.frameLengths.enumerated().map { index, length in
            let frame = bytes.readSlice(length: Int(length))
            guard !part.silences.contains(where: { $0.contains(index) }), let frame else { return nil }
            return frame.getInteger(at: frame.writerIndex - 8, as: Int64.self).map { Int($0) }
        }
    }

    static func numbers(of publications: [Publication]) -> [Int?] {
        publications.flatMap { Self.numbers(of: $0.part) }
    }
}

/// A timeline under a clock that the test moves.
struct Simulation {
    var timeline: Timeline
    /// The station's time in microseconds.
    var now: Int64
    var published: [Publication] = []
    private var nextNumber = 0
    let rate: Int32

    init(grid: SlotGrid = .standard, rate: Int32 = 48_000, at start: Int64 = 1_790_000_000_000_000) {
        self.timeline = Timeline(grid: grid)
        self.now = start
        self.rate = rate
    }

    var frameLength: Int64 { 1_024 * 1_000_000 / Int64(self.rate) }

    /// Lets time pass in steps of 100 ms without any delivery.
    mutating func idle(seconds: Double) {
        for _ in 0..<Int(seconds * 10) {
            self.now += 100_000
            self.published += self.timeline.advance(to: self.now)
        }
    }

    /// Delivers `count` frames at once.
    mutating func deliver(_ count: Int) {
        let frames = (0..<count).map { TestAudio.aac(self.nextNumber + $0, rate: self.rate) }
        self.nextNumber += count
        self.published += self.timeline.receive(frames, at: self.now)
    }

    /// Drops `count` frames at the encoder.
    mutating func lose(_ count: Int) {
        self.nextNumber += count
    }

    /// Lets an encoder in real time deliver for some seconds, four frames a time.
    mutating func play(seconds: Double) {
        let end = self.now + Int64(seconds * 1_000_000)
        while self.now < end {
            self.now += 4 * self.frameLength
            self.deliver(4)
            self.published += self.timeline.advance(to: self.now)
        }
    }

    /// The numbers heard, without silence.
    var heard: [Int] { TestAudio.numbers(of: self.published).compactMap { $0 } }

    /// Where each numbered frame lies in media time, microseconds.
    var places: [Int: Int64] {
        var result: [Int: Int64] = [:]
        for publication in self.published {
            for (index, number) in TestAudio.numbers(of: publication.part).enumerated() {
                guard let number else { continue }
                let samples = publication.part.samplesBefore + Int64(index) * 1_024
                result[number] =
                    publication.segment.start.milliseconds * 1_000 + samples * 1_000_000 / Int64(self.rate)
            }
        }
        return result
    }
}

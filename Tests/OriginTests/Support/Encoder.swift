// Encoder: a source that has been admitted, and what is asked of it.

import Ingest
import NIOCore
import Segmenter
import Synchronization

/// A source that has been admitted: it sends frames with a number inside, and remembers what is asked of it.
final class Encoder {
    /// What was asked of the encoder's connection.
    final class Control: SourceControl {
        private let asked = Mutex<[String]>([])

        var requests: [String] { self.asked.withLock { $0 } }

        func pauseReading() { self.asked.withLock { $0.append("pause") } }
        func resumeReading() { self.asked.withLock { $0.append("resume") } }
        func close(reason: String) { self.asked.withLock { $0.append("close: \(reason)") } }
    }

    let control = Control()
    let codec: AudioFormat.Codec
    var sink: (any SourceSink)?
    /// The number of the next frame.
    private(set) var number: Int
    private var owed = 0.0

    init(_ codec: AudioFormat.Codec = .mp3, from number: Int = 0) {
        self.codec = codec
        self.number = number
    }

    /// Sends what is due after some more seconds.
    func send(seconds: Double) {
        self.owed += seconds / (self.codec == .mp3 ? 0.024 : 1_024.0 / 48_000)
        let count = Int(self.owed)
        self.owed -= Double(count)
        guard count > 0 else { return }
        self.sink?.receive((0..<count).map { self.frame(self.number + $0) })
        self.number += count
    }

    func leave() {
        self.sink?.end(.closedByPeer)
        self.sink = nil
    }

    private func frame(_ number: Int) -> Frame {
        switch self.codec {
        case .mp3:
            var bytes = ByteBuffer(bytes: [0xFF, 0xFB, 0x94, 0x00])
            bytes.writeRepeatingByte(0, count: 384 - 4 - 8)
            bytes.writeInteger(Int64(number))
            return Frame(bytes: bytes, format: Self.mp3)
        case .aac:
            var bytes = ByteBuffer(bytes: [0xFF, 0xF1, 0x4C, 0x80, 0x01, 0xFF, 0xFC])
            bytes.writeInteger(Int64(number))
            return Frame(bytes: bytes, format: Self.aac)
        }
    }

    private static let mp3 = AudioFormat(
        codec: .mp3,
        profile: 0b1101,
        channels: 2,
        sampleRate: 48_000,
        samplesPerFrame: 1_152
    )
    private static let aac = AudioFormat(
        codec: .aac,
        profile: 2,
        channels: 2,
        sampleRate: 48_000,
        samplesPerFrame: 1_024
    )
}

@available(*, unavailable)
extension Encoder: Sendable {}

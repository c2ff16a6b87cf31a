// TestAudio: frames of MP3 to send.

/// Frames of MP3 to send: MPEG-1 layer III, 128 kbit/s, 48 kHz, stereo, silent; 384 bytes each.
enum TestAudio {
    static let frame: [UInt8] = [0xFF, 0xFB, 0x94, 0xC0] + [UInt8](repeating: 0, count: 380)

    static func frames(_ count: Int) -> [UInt8] {
        (0..<count).flatMap { _ in self.frame }
    }

    static func chunk(_ bytes: [UInt8]) -> [UInt8] {
        Array("\(String(bytes.count, radix: 16))\r\n".utf8) + bytes + [13, 10]
    }
}

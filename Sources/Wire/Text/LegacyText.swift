// LegacyText: text from encoders that never said which charset it is in.

/// Reads text from encoders that never said which charset it is in.
///
/// Valid UTF-8 is UTF-8; anything else is ISO-8859-1, read as the web reads it (WHATWG Encoding: the C1 range is
/// windows-1252's, since Windows encoders send its quotes and dashes and nobody sends C1 controls).
package enum LegacyText {
    package static func decode(_ bytes: some Collection<UInt8>) -> String {
        if let text = String(validating: bytes, as: UTF8.self) { return text }
        var text = ""
        text.reserveCapacity(bytes.count * 2)
        for byte in bytes { text.unicodeScalars.append(Self.scalar(byte)) }
        return text
    }

    private static func scalar(_ byte: UInt8) -> Unicode.Scalar {
        guard (0x80...0x9F).contains(byte) else { return Unicode.Scalar(byte) }
        return Unicode.Scalar(Self.upperControls[Int(byte) - 0x80]) ?? Unicode.Scalar(byte)
    }

    /// What windows-1252 has at 0x80 to 0x9F; its five holes stand for themselves.
    private static let upperControls: [UInt16] = [
        0x20AC, 0x0081, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
        0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x008D, 0x017D, 0x008F,
        0x0090, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
        0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x009D, 0x017E, 0x0178,
    ]
}

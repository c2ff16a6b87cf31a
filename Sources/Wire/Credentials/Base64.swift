// Base64: the decoder that Basic credentials need.

/// Decodes base64 (RFC 4648 §4); padding may be missing, anything else that is wrong is refused.
enum Base64 {
    static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(text.count / 4 * 3 + 3)
        var bits: UInt32 = 0
        var digits = 0
        var padding = 0
        for byte in text {
            if byte == UInt8(ascii: "=") {
                padding += 1
                continue
            }
            guard padding == 0, let value = Self.value(byte) else { return nil }
            bits = bits << 6 | UInt32(value)
            digits += 1
            if digits % 4 == 0 {
                decoded.append(UInt8(truncatingIfNeeded: bits >> 16))
                decoded.append(UInt8(truncatingIfNeeded: bits >> 8))
                decoded.append(UInt8(truncatingIfNeeded: bits))
            }
        }
        return Self.finish(decoded, bits: bits, digits: digits, padding: padding)
    }

    private static func finish(_ decoded: [UInt8], bits: UInt32, digits: Int, padding: Int) -> [UInt8]? {
        switch digits % 4 {
        case 0: padding == 0 ? decoded : nil
        case 2: padding == 0 || padding == 2 ? decoded + [UInt8(truncatingIfNeeded: bits >> 4)] : nil
        case 3:
            padding < 2
                ? decoded + [UInt8(truncatingIfNeeded: bits >> 10), UInt8(truncatingIfNeeded: bits >> 2)] : nil
        default: nil
        }
    }

    private static func value(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): byte - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0") + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}

// MetadataBlock: one ICY metadata block on the wire.

package import NIOCore
package import Segmenter

/// One ICY metadata block: a length byte in units of 16, then text padded with NULs.
package enum MetadataBlock {
    /// The most text that the length byte can announce: 255 * 16.
    package static let longestText = 4_080

    /// The block that says "nothing has changed".
    package static let unchanged = ByteBuffer(bytes: [0])

    /// Encodes a title, `nil` meaning none so far; players look for the first `';`, there is no escaping.
    package static func encode(_ title: Title?) -> ByteBuffer {
        var text = "StreamTitle='\(Self.safe(title?.text ?? ""))';"
        if let url = title?.url {
            let withURL = text + "StreamUrl='\(Self.safe(url))';"
            if withURL.utf8.count <= Self.longestText { text = withURL }
        }
        if text.utf8.count > Self.longestText {
            text = "StreamTitle='\(Self.prefix(Self.safe(title?.text ?? ""), bytes: Self.longestText - 15))';"
        }
        let units = (text.utf8.count + 15) / 16
        var block = ByteBuffer()
        block.reserveCapacity(1 + units * 16)
        block.writeInteger(UInt8(units))
        block.writeString(text)
        block.writeRepeatingByte(0, count: units * 16 - text.utf8.count)
        return block
    }

    /// A title's text without what would end it early: control characters, and a quote before a semicolon.
    private static func safe(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        var isAfterQuote = false
        for scalar in text.unicodeScalars where scalar.value >= 0x20 && scalar.value != 0x7F {
            if scalar == ";", isAfterQuote {
                result.removeLast()
                result.append("\u{2019}")
            }
            isAfterQuote = scalar == "'"
            result.append(scalar)
        }
        // The quote that closes the field follows, and then a semicolon.
        if isAfterQuote, let last = result.indices.last {
            result.replaceSubrange(last..<result.endIndex, with: "\u{2019}".unicodeScalars)
        }
        return String(result)
    }

    /// The longest prefix of whole characters within `bytes` bytes of UTF-8.
    private static func prefix(_ text: String, bytes: Int) -> String {
        var result = ""
        var size = 0
        for character in text {
            size += character.utf8.count
            guard size <= bytes else { break }
            result.append(character)
        }
        return result
    }
}

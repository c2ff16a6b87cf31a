// ID3Tag: the tag that gives packed audio its time and title.

package import NIOCore

/// The ID3v2.4 tag at the head of packed audio: its first sample's time, and the title then in force.
package struct ID3Tag: Hashable, Sendable {
    /// The most of a title that is written, in octets: what an encoder sends is not bounded by us elsewhere.
    package static let longestTitle = 1_024
    /// The owner that RFC 8216 §3.4 gives the time's frame, with its terminating zero.
    private static let owner: StaticString = "com.apple.streaming.transportStreamTimestamp\0"
    private static let headerSize = 10

    package let time: PresentationTime
    package let title: String?

    package init(time: PresentationTime, title: String? = nil) {
        self.time = time
        self.title = title
    }

    /// The tag's octets.
    package var bytes: ByteBuffer {
        var frames = ByteBuffer()
        self.writeTimeFrame(to: &frames)
        self.writeTitleFrame(to: &frames)

        var tag = ByteBuffer()
        tag.reserveCapacity(Self.headerSize + frames.readableBytes)
        tag.writeStaticString("ID3")
        tag.writeMultipleIntegers(UInt8(4), UInt8(0), UInt8(0), Self.syncSafe(frames.readableBytes))
        tag.writeImmutableBuffer(frames)
        return tag
    }

    /// PRIV (ID3v2.4 §4.27): eight octets, of which RFC 8216 §3.4 has the upper 31 bits zero.
    private func writeTimeFrame(to frames: inout ByteBuffer) {
        frames.writeStaticString("PRIV")
        frames.writeMultipleIntegers(Self.syncSafe(Self.owner.utf8CodeUnitCount + 8), UInt16(0))
        frames.writeStaticString(Self.owner)
        frames.writeInteger(UInt64(self.time.ticks))
    }

    /// TIT2 (ID3v2.4 §4.2.1) in UTF-8, which is encoding 3.
    private func writeTitleFrame(to frames: inout ByteBuffer) {
        guard let title = self.title.map(Self.plainText), !title.isEmpty else { return }
        frames.writeStaticString("TIT2")
        frames.writeMultipleIntegers(Self.syncSafe(1 + title.utf8.count), UInt16(0), UInt8(3))
        frames.writeString(title)
    }

    /// The text without control characters (a zero would split it, ID3v2.4 §4.2), cut to `longestTitle` octets.
    private static func plainText(_ text: String) -> String {
        var plain = String.UnicodeScalarView()
        var size = 0
        for scalar in text.unicodeScalars where scalar.properties.generalCategory != .control {
            size += UTF8.width(scalar)
            guard size <= self.longestTitle else { break }
            plain.append(scalar)
        }
        return String(plain)
    }

    /// 28 bits in four octets of seven (ID3v2.4 §6.2).
    private static func syncSafe(_ size: Int) -> UInt32 {
        let bits = UInt32(size)
        return (bits & 0x0FE0_0000) << 3 | (bits & 0x1F_C000) << 2 | (bits & 0x3F80) << 1 | bits & 0x7F
    }
}

// EntityTag: the name of a content, for caches to ask whether it has changed.

package import NIOCore

/// A strong entity tag (RFC 9110 §8.8.3): a hash of the content, the same on every server and after every restart.
///
/// It is FNV-1a in 64 bits, and not a secret: two states of one playlist share it once in 1.8e19.
package struct EntityTag: Hashable, Sendable, CustomStringConvertible {
    /// The content as it is, or compressed: their octets differ, so a strong tag must.
    package enum Coding: Hashable, Sendable {
        case identity
        case gzip
    }

    private let hash: UInt64
    private let coding: Coding

    /// Names a content in a coding; `content` is uncompressed for either, so that one does not await the other.
    package init(of content: ByteBuffer, coding: Coding = .identity) {
        self.hash = content.readableBytesView.reduce(0xCBF2_9CE4_8422_2325) { hash, byte in
            (hash ^ UInt64(byte)) &* 0x100_0000_01B3
        }
        self.coding = coding
    }

    private init(hash: UInt64, coding: Coding) {
        self.hash = hash
        self.coding = coding
    }

    /// The tag of the same content in another coding.
    package func with(_ coding: Coding) -> EntityTag {
        EntityTag(hash: self.hash, coding: coding)
    }

    /// The tag as header fields have it, in quotes.
    package var description: String {
        let digits = String(self.hash, radix: 16)
        let zeros = String(repeating: "0", count: 16 - digits.count)
        return "\"\(zeros)\(digits)\(self.coding == .gzip ? "-gzip" : "")\""
    }
}

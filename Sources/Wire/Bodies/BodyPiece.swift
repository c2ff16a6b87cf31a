// BodyPiece: what a body decoder finds next.

package import NIOCore

/// What a body decoder finds next: bytes of the body, or its end.
package enum BodyPiece: Hashable, Sendable {
    case bytes(ByteBuffer)
    case end
}

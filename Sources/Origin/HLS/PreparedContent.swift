// PreparedContent: a body that many clients get, with its headers, made once.

internal import HLS
internal import NIOCore
internal import Wire

/// A body that many clients get, with the headers that do not depend on the client, made once.
package struct PreparedContent: Sendable {
    /// The content in one coding.
    package struct Variation: Sendable {
        package let entityTag: String
        /// Headers after the status line, their blank line and the body; one for each `max-age` from a second on.
        let answers: [ByteBuffer]
        /// The same headers with their blank line, for `HEAD` and `304`.
        let heads: [ByteBuffer]
    }

    package let plain: Variation
    /// `nil` when compression failed or does not pay.
    package let compressed: Variation?

    /// Prepares a text that may be cached for `maxAges` seconds, by the caller's choice at each request.
    init(_ body: ByteBuffer, contentType: String, maxAges: ClosedRange<Int>) {
        let tag = EntityTag(of: body)
        self.plain = Self.variation(body, contentType: contentType, tag: tag, coding: nil, maxAges: maxAges)
        self.compressed = Gzip.compress(body).map {
            Self.variation($0, contentType: contentType, tag: tag.with(.gzip), coding: "gzip", maxAges: maxAges)
        }
    }

    private static func variation(
        _ body: ByteBuffer,
        contentType: String,
        tag: EntityTag,
        coding: String?,
        maxAges: ClosedRange<Int>
    ) -> Variation {
        let heads = maxAges.map { maxAge in
            var head = HeaderBlock()
            head.add("Content-Type", contentType)
            head.add("Content-Length", String(body.readableBytes))
            if let coding { head.add("Content-Encoding", coding) }
            head.add("ETag", tag.description)
            head.add("Cache-Control", "max-age=\(maxAge)")
            head.add("Vary", "Accept-Encoding")
            head.addCORS()
            return head.finished()
        }
        return Variation(
            entityTag: tag.description,
            answers: heads.map { head in
                var answer = head
                answer.writeImmutableBuffer(body)
                return answer
            },
            heads: heads
        )
    }
}

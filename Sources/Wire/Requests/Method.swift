// Method: what a request asks to be done.

/// What a request asks to be done: HTTP's methods and Icecast's `SOURCE`.
///
/// Any other token is a valid request for something that is not done here.
package enum Method: Hashable, Sendable {
    case get
    case head
    case options
    case post
    case put
    case source
    case delete
    case patch
    case other

    /// Methods are case-sensitive (RFC 9110 §9.1).
    init(_ bytes: UnsafeRawBufferPointer) {
        self =
            switch bytes.count {
            case 3 where Self.matches(bytes, "GET"): .get
            case 3 where Self.matches(bytes, "PUT"): .put
            case 4 where Self.matches(bytes, "HEAD"): .head
            case 4 where Self.matches(bytes, "POST"): .post
            case 5 where Self.matches(bytes, "PATCH"): .patch
            case 6 where Self.matches(bytes, "SOURCE"): .source
            case 6 where Self.matches(bytes, "DELETE"): .delete
            case 7 where Self.matches(bytes, "OPTIONS"): .options
            default: .other
            }
    }

    private static func matches(_ bytes: UnsafeRawBufferPointer, _ name: StaticString) -> Bool {
        name.withUTF8Buffer { bytes.elementsEqual($0) }
    }
}

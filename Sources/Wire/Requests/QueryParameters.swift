// QueryParameters: names and values of a query, looked up in its bytes.

package import NIOCore

/// The names and values of a query or a form, looked up in its bytes; nothing is decoded that is not asked for.
///
/// The first of several values wins. A name without `=` has an empty value. A malformed percent sign stands for itself.
package struct QueryParameters: Sendable {
    private let bytes: ByteBuffer
    private let plusIsSpace: Bool

    /// Wraps the bytes behind the question mark, or the body of a form.
    ///
    /// - Parameters:
    ///   - bytes: The names and values as they were sent.
    ///   - plusIsSpace: Whether `+` is a space, as browsers and AzuraCast mean it; butt and libshout send `%20`, `%2B`.
    package init(_ bytes: ByteBuffer, plusIsSpace: Bool = true) {
        self.bytes = bytes
        self.plusIsSpace = plusIsSpace
    }

    /// The decoded value, by the rule of `LegacyText`: UTF-8 if it is that, else ISO-8859-1.
    package subscript(_ name: StaticString) -> String? {
        self.bytes(name).map { LegacyText.decode($0) }
    }

    /// The decoded bytes of a value.
    package func bytes(_ name: StaticString) -> [UInt8]? {
        self.withValue(of: name) { Array(PercentDecoding($0, plusIsSpace: self.plusIsSpace)) }
    }

    package func contains(_ name: StaticString) -> Bool {
        self.withValue(of: name) { _ in true } ?? false
    }

    /// Finds the first value of a name, still encoded.
    private func withValue<Result>(of name: StaticString, _ body: (Slice<UnsafeRawBufferPointer>) -> Result) -> Result?
    {
        self.bytes.withUnsafeReadableBytes { bytes in
            var pairs = SplitBytes(bytes, at: UInt8(ascii: "&"))
            while let pair = pairs.next() {
                if pair.isEmpty { continue }
                let equals = pair.firstIndex { bytes[$0] == UInt8(ascii: "=") } ?? pair.upperBound
                guard self.isNamed(bytes[pair.lowerBound..<equals], name) else { continue }
                return body(bytes[min(equals + 1, pair.upperBound)..<pair.upperBound])
            }
            return nil
        }
    }

    private func isNamed(_ key: Slice<UnsafeRawBufferPointer>, _ name: StaticString) -> Bool {
        name.withUTF8Buffer { PercentDecoding(key, plusIsSpace: self.plusIsSpace).elementsEqual($0) }
    }
}

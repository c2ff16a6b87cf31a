// MetadataRequest: what a request for /admin/metadata asks.

package import NIOCore
package import Wire

/// What a request for `/admin/metadata` asks, as a function of the request alone, for every port that takes one.
package enum MetadataRequest: Hashable, Sendable {
    /// Ask the desk.
    case update(MetadataUpdate)
    /// Nothing to ask: this is the answer.
    case answered(MetadataAnswer)

    /// Whether a request is one of these.
    package static func isMetadata(_ request: Request) -> Bool {
        request.hasPath("/admin/metadata") || request.hasPath("/admin/metadata.xsl")
    }

    /// Reads a request; `form` is the body of a `POST`, whose parameters count after those of the query.
    ///
    /// `charset` is not looked at: text that is valid UTF-8 is UTF-8, whatever an encoder calls it, and anything else
    /// can only be a one-byte charset (`LegacyText`).
    package init(_ request: Request, form: ByteBuffer?, peer: String) {
        guard let credentials = request.basicCredentials else {
            self = .answered(.unauthorized)
            return
        }
        let parameters = Self.parameters(request, form)
        // Icecast-KH asks for no mode, so many clients send none.
        if let mode = parameters["mode"], mode != "updinfo" {
            self = .answered(.unknownAction)
            return
        }
        guard let mount = parameters["mount"] else {
            self = .answered(.missingParameter("mount"))
            return
        }
        guard let text = Self.text(parameters) else {
            self = .answered(.missingParameter("song"))
            return
        }
        self = .update(
            MetadataUpdate(
                mount: MountName.fromPath(mount),
                text: Self.cleaned(text),
                url: parameters["url"].map(Self.cleaned).flatMap { $0.isEmpty ? nil : $0 },
                credentials: credentials,
                peer: peer
            )
        )
    }

    private static func parameters(_ request: Request, _ form: ByteBuffer?) -> QueryParameters {
        var bytes = request.queryBytes ?? ByteBuffer()
        if let form {
            bytes.writeStaticString("&")
            bytes.writeImmutableBuffer(form)
        }
        return QueryParameters(bytes)
    }

    /// `song`, or `artist` and `title` joined as players expect.
    private static func text(_ parameters: QueryParameters) -> String? {
        if let song = parameters["song"] { return song }
        let artist = parameters["artist"]
        guard let title = parameters["title"] else { return artist }
        guard let artist, !artist.isEmpty else { return title }
        return title.isEmpty ? artist : "\(artist) - \(title)"
    }

    /// The text on one line: every output frames titles by lines, quotes or NULs.
    private static func cleaned(_ text: String) -> String {
        let spaced = text.unicodeScalars.lazy.map { Self.breaksLines($0) ? " " : $0 }
        var line = String.UnicodeScalarView(spaced.drop { $0 == " " })
        while line.last == " " { line.removeLast() }
        return String(line)
    }

    private static func breaksLines(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }
}

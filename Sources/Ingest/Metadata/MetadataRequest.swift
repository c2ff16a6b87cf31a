// MetadataRequest: what a request that sends a title asks.

package import NIOCore
package import Wire

/// What a request for `/admin/metadata` or `/admin.cgi` asks, as a function of the request alone, for every port.
package enum MetadataRequest: Hashable, Sendable {
    /// Ask the desk.
    case update(MetadataUpdate)
    /// Nothing to ask: this is the answer.
    case answered(MetadataAnswer)

    /// Whether a request is one of these.
    package static func isMetadata(_ request: Request) -> Bool {
        MetadataDialect(request) != nil
    }

    /// Reads a request; `form` is the body of a `POST`, whose parameters count after those of the query.
    ///
    /// `charset` is not looked at: text that is valid UTF-8 is UTF-8, whatever an encoder calls it, and anything else
    /// can only be a one-byte charset (`LegacyText`).
    package init(_ request: Request, form: ByteBuffer?, peer: String) {
        let isShoutcast = MetadataDialect(request) == .shoutcast
        let bytes = Self.parameterBytes(request, form)
        let parameters = QueryParameters(bytes)
        let password = isShoutcast ? Self.password(bytes) : nil
        guard let credentials = password ?? request.basicCredentials else {
            self = .answered(.unauthorized)
            return
        }
        // Icecast-KH asks for no mode, so many clients send none.
        if let mode = parameters["mode"], mode != "updinfo" {
            self = .answered(.unknownAction)
            return
        }
        let mount = parameters["mount"].map(MountName.fromPath)
        guard mount != nil || isShoutcast else {
            self = .answered(.missingParameter("mount"))
            return
        }
        guard let text = Self.text(parameters) else {
            self = .answered(.missingParameter("song"))
            return
        }
        let named = isShoutcast ? mount.flatMap(Self.unlessEmpty) : mount
        let url = parameters["url"].map(Self.cleaned).flatMap(Self.unlessEmpty)
        self = .update(
            MetadataUpdate(mount: named, text: Self.cleaned(text), url: url, credentials: credentials, peer: peer)
        )
    }

    private static func parameterBytes(_ request: Request, _ form: ByteBuffer?) -> ByteBuffer {
        var bytes = request.queryBytes ?? ByteBuffer()
        if let form {
            bytes.writeStaticString("&")
            bytes.writeImmutableBuffer(form)
        }
        return bytes
    }

    /// SHOUTcast's password, in which a plus is a plus: butt sends it as it is, without encoding it.
    private static func password(_ parameters: ByteBuffer) -> BasicCredentials? {
        QueryParameters(parameters, plusIsSpace: false)["pass"].map { BasicCredentials(user: "source", password: $0) }
    }

    private static func unlessEmpty(_ text: String) -> String? {
        text.isEmpty ? nil : text
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

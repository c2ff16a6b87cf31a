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
        let bytes = Self.parameterBytes(request, form)
        let parameters = QueryParameters(bytes)
        guard let credentials = Self.credentials(request, bytes) else {
            self = .answered(.unauthorized)
            return
        }
        // Icecast-KH asks for no mode, so many clients send none.
        if let mode = parameters["mode"], mode != "updinfo" {
            self = .answered(.unknownAction)
            return
        }
        let mount = Self.mount(parameters)
        guard mount != nil || MetadataDialect(request) == .shoutcast else {
            self = .answered(.missingParameter("mount"))
            return
        }
        guard let text = Self.text(parameters) else {
            self = .answered(.missingParameter("song"))
            return
        }
        self = .update(
            MetadataUpdate(
                mount: mount,
                text: Self.cleaned(text),
                url: parameters["url"].map(Self.cleaned).flatMap { $0.isEmpty ? nil : $0 },
                credentials: credentials,
                peer: peer
            )
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

    /// Basic credentials, which some send to SHOUTcast too, or its password among the parameters.
    private static func credentials(_ request: Request, _ parameters: ByteBuffer) -> BasicCredentials? {
        guard MetadataDialect(request) == .shoutcast else { return request.basicCredentials }
        // A plus is a plus in it: butt sends its password as it is, without encoding it.
        let password = QueryParameters(parameters, plusIsSpace: false)["pass"]
        return password.map { BasicCredentials(user: "source", password: $0) } ?? request.basicCredentials
    }

    private static func mount(_ parameters: QueryParameters) -> String? {
        parameters["mount"].map(MountName.fromPath).flatMap { $0.isEmpty ? nil : $0 }
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

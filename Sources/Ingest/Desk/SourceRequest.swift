// SourceRequest: what a source says of itself before its audio.

package import Wire

/// What a source says of itself before its audio.
package struct SourceRequest: Hashable, Sendable {
    /// The mount's name: the path, decoded, without its first slash.
    ///
    /// `nil` for a SHOUTcast source, whose password chooses the mount (`MountChoice`).
    package let mount: String?
    package let credentials: BasicCredentials?
    /// A hint: the format is found in the bytes.
    package let contentType: String?
    /// The encoder's address, without its port.
    package let peer: String
    package let description: SourceDescription
    package let userAgent: String?
    package let `protocol`: SourceProtocol

    package init(
        mount: String?,
        credentials: BasicCredentials?,
        contentType: String?,
        peer: String,
        description: SourceDescription,
        userAgent: String?,
        protocol: SourceProtocol
    ) {
        self.mount = mount
        self.credentials = credentials
        self.contentType = contentType
        self.peer = peer
        self.description = description
        self.userAgent = userAgent
        self.protocol = `protocol`
    }

    /// Reads a `SOURCE` or `PUT` head.
    init(_ request: Request, protocol: SourceProtocol, peer: String) {
        self.init(
            mount: MountName.fromPath(request.path),
            credentials: Self.credentials(request),
            contentType: request.header("Content-Type"),
            peer: peer,
            description: SourceDescription { request.header($0) },
            userAgent: request.header("User-Agent"),
            protocol: `protocol`
        )
    }

    /// Takes what a SHOUTcast source has said so far.
    init(_ head: ShoutcastHead, peer: String) {
        // libshout asks what a server can do with a password that is none: a probe, as without credentials in HTTP.
        let password = head.password == "!POKE" ? nil : head.password
        self.init(
            mount: nil,
            credentials: password.map { BasicCredentials(user: "source", password: $0) },
            contentType: head.header("content-type"),
            peer: peer,
            description: SourceDescription { head.header($0) },
            userAgent: head.header("user-agent"),
            protocol: .shoutcast
        )
    }

    /// Basic credentials, or the password header of ancient encoders (Icecast's `_check_pass_ice`).
    private static func credentials(_ request: Request) -> BasicCredentials? {
        if let credentials = request.basicCredentials { return credentials }
        return request.header("ice-password").map { BasicCredentials(user: "source", password: $0) }
    }
}

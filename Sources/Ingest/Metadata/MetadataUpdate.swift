// MetadataUpdate: a title sent beside the audio.

package import Wire

/// A title sent beside the audio, and who sends it.
package struct MetadataUpdate: Hashable, Sendable {
    /// The mount's name, without a slash before it.
    ///
    /// `nil` in SHOUTcast's dialect, where the password chooses the mount (`MountChoice`).
    package let mount: String?
    /// `Artist - Title`, or whatever the encoder makes of it; no control characters.
    package let text: String
    package let url: String?
    package let credentials: BasicCredentials
    /// The sender's address, without its port.
    package let peer: String

    package init(mount: String?, text: String, url: String?, credentials: BasicCredentials, peer: String) {
        self.mount = mount
        self.text = text
        self.url = url
        self.credentials = credentials
        self.peer = peer
    }
}

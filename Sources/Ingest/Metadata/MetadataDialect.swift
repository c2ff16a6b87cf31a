// MetadataDialect: whose way of sending titles a request follows.

package import Wire

/// Whose way of sending titles a request follows (legacy-streaming A.3 and A.7).
package enum MetadataDialect: Hashable, Sendable {
    /// `/admin/metadata?mount=/live&song=…` with Basic credentials, answered in XML.
    case icecast
    /// `/admin.cgi?pass=…&song=…`, where the password chooses the mount, answered in HTML.
    case shoutcast

    /// Tells by the path; `nil` when the request sends no title.
    package init?(_ request: Request) {
        if request.hasPath("/admin/metadata") || request.hasPath("/admin/metadata.xsl") {
            self = .icecast
        } else if request.hasPath("/admin.cgi") {
            self = .shoutcast
        } else {
            return nil
        }
    }
}

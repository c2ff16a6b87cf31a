// SourceRoute: what a request on the source port asks for.

import Wire

/// What a request on the source port asks for.
enum SourceRoute {
    case source(SourceRequest)
    case metadata(MetadataRequest)
    /// A title in the body of a `POST`.
    case metadataForm
    /// Answered with 200 and what is allowed: `OPTIONS *` and the poke by which libshout asks for it.
    case capabilities
    case refused(Status, String)

    init(_ request: Request, peer: String) {
        let hint = "this port takes sources, by SOURCE or PUT /{mount}, or in SHOUTcast's way."
        switch request.method {
        case .source:
            self = .source(SourceRequest(request, protocol: .source, peer: peer))
        case .put:
            self = .source(SourceRequest(request, protocol: .put, peer: peer))
        case .options:
            self = .capabilities
        case .get where MetadataRequest.isMetadata(request):
            self = .metadata(MetadataRequest(request, form: nil, peer: peer))
        case .post where MetadataRequest.isMetadata(request):
            self = .metadataForm
        case .get where request.hasPath("/admin/!POKE"):
            self = .capabilities
        case .get, .head, .post:
            self = .refused(.notFound, "Nothing is here: \(hint)")
        case .delete, .patch, .other:
            self = .refused(.methodNotAllowed, "The method is not known here: \(hint)")
        }
    }
}

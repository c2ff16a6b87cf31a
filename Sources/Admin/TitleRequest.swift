// TitleRequest: a title as the API takes it.

/// A title as the API takes it: `title` and `url`, or StreamMachine's `StreamTitle` and `StreamUrl`.
struct TitleRequest: Decodable {
    let title: String?
    let url: String?
    let streamTitle: String?
    let streamURL: String?

    private enum CodingKeys: String, CodingKey {
        case title
        case url
        case streamTitle = "StreamTitle"
        case streamURL = "StreamUrl"
    }

    /// The title's text, `nil` when the request has none.
    var text: String? { self.title ?? self.streamTitle }
    var link: String? { self.url ?? self.streamURL }
}

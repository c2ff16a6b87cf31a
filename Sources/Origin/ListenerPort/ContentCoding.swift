// ContentCoding: whether a client takes gzip.

internal import Wire

/// Whether a client takes gzip (RFC 9110 §12.5.3).
enum ContentCoding {
    static func isGzipAccepted(by request: Request) -> Bool {
        guard request.hasToken("gzip", in: "Accept-Encoding") else { return false }
        guard let header = request.header("Accept-Encoding"), header.contains(";") else { return true }
        return header.split(separator: ",").contains { element in
            let fields = element.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" }.lowercased() }
            guard fields.first == "gzip" else { return false }
            let weight = fields.dropFirst().first { $0.hasPrefix("q=") }.flatMap { Double($0.dropFirst(2)) }
            return weight != 0
        }
    }
}

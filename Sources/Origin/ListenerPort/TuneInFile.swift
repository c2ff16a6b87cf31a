// TuneInFile: the small files by which players find a stream.

/// The small files by which players find a stream; each names one address.
enum TuneInFile: String {
    case m3u
    case pls
    case xspf

    var contentType: String {
        switch self {
        case .m3u: "audio/x-mpegurl"
        case .pls: "audio/x-scpls"
        case .xspf: "application/xspf+xml"
        }
    }

    /// Whether a `Host` header can be part of an address: letters, digits, and what ports and IPv6 need.
    static func isPlausible(host: String) -> Bool {
        !host.isEmpty && host.utf8.count <= 255
            && host.unicodeScalars.allSatisfy {
                $0.properties.isAlphabetic || "0123456789.-_:[]".unicodeScalars.contains($0)
            }
    }

    func render(url: String, title: String) -> String {
        switch self {
        case .m3u:
            return url + "\r\n"
        case .pls:
            let line = String(title.unicodeScalars.filter { $0.value >= 0x20 })
            return "[playlist]\nNumberOfEntries=1\nFile1=\(url)\nTitle1=\(line)\nLength1=-1\nVersion=2\n"
        case .xspf:
            return """
                <?xml version="1.0" encoding="UTF-8"?>
                <playlist xmlns="http://xspf.org/ns/0/" version="1">
                  <trackList><track><title>\(Self.escaped(title))</title><location>\(url)</location></track></trackList>
                </playlist>

                """
        }
    }

    private static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars where scalar.value >= 0x20 {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}

// MetadataAnswerTests: what encoders are told about their titles.

import Ingest
import NIOCore
import Testing
import Wire

@Suite("MetadataAnswer")
struct MetadataAnswerTests {
    @Test("each answer has Icecast's status, message and return value")
    func replies() {
        let expected: [(MetadataAnswer, String, String, Int)] = [
            (.accepted, "200 OK", "Metadata update successful", 1),
            (.unauthorized, "401 Unauthorized", "You need to authenticate", 0),
            (.unknownMount, "404 Not Found", "Source does not exist", 0),
            (.refused(reason: "No <b> & no"), "200 OK", "No &lt;b&gt; &amp; no", 0),
            (.unknownAction, "200 OK", "No such action", 0),
            (.missingParameter("song"), "400 Bad Request", "Missing parameter: song", 0),
        ]
        for (answer, status, message, result) in expected {
            let reply = String(buffer: answer.reply(version: .http10, keepAlive: false))
            let body = """
                <?xml version="1.0"?>
                <iceresponse><message>\(message)</message><return>\(result)</return></iceresponse>

                """
            #expect(reply.hasPrefix("HTTP/1.0 \(status)\r\nContent-Type: text/xml"))
            #expect(reply.hasSuffix("Connection: close\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"))
            #expect(reply.contains("WWW-Authenticate: Basic realm=") == (answer == .unauthorized))
        }
    }

    @Test("SHOUTcast's clients get a page, and a status that says it all")
    func shoutcast() {
        let expected: [(MetadataAnswer, String, String)] = [
            (.accepted, "200 OK", "Metadata update successful"),
            (.unauthorized, "401 Unauthorized", "You need to authenticate"),
            (.unknownMount, "404 Not Found", "Source does not exist"),
            (.refused(reason: "a & b"), "403 Forbidden", "a &amp; b"),
            (.unknownAction, "400 Bad Request", "No such action"),
            (.missingParameter("song"), "400 Bad Request", "Missing parameter: song"),
        ]
        for (answer, status, message) in expected {
            let reply = String(buffer: answer.reply(version: .http10, keepAlive: false, dialect: .shoutcast))
            #expect(reply.hasPrefix("HTTP/1.0 \(status)\r\nContent-Type: text/html; charset=utf-8\r\n"))
            #expect(reply.hasSuffix("<body>\(message)</body></html>\n"))
        }
    }
}

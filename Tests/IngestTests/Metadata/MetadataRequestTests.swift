// MetadataRequestTests: titles out of requests.

import Ingest
import NIOCore
import Testing
import Wire

@Suite("MetadataRequest")
struct MetadataRequestTests {
    private func request(_ query: String, form: String? = nil, authorized: Bool = true) throws -> MetadataRequest {
        let authorization = authorized ? "Authorization: Basic YWRtaW46cHc=\r\n" : ""
        var buffer = ByteBuffer(string: "GET /admin/metadata?\(query) HTTP/1.0\r\n\(authorization)\r\n")
        var parser = RequestParser()
        let request = try #require(try parser.next(from: &buffer))
        #expect(MetadataRequest.isMetadata(request))
        return MetadataRequest(request, form: form.map { ByteBuffer(string: $0) }, peer: "192.0.2.1")
    }

    private func text(_ query: String) throws -> String? {
        guard case .update(let update) = try self.request(query) else { return nil }
        return update.text
    }

    @Test("a title comes with its mount, its sender and its link")
    func update() throws {
        let expected = MetadataUpdate(
            mount: "live/one",
            text: "A - B",
            url: "http://x/?a&b",
            credentials: BasicCredentials(user: "admin", password: "pw"),
            peer: "192.0.2.1"
        )
        let query = "mode=updinfo&mount=%2Flive/one&song=A+-+B&url=http%3A%2F%2Fx%2F%3Fa%26b&charset=UTF-8"
        #expect(try self.request(query) == .update(expected))
        #expect(try self.request("mount=/live/one", form: "song=A - B&url=http://x/?a%26b") == .update(expected))
    }

    @Test("titles are read whatever their encoding")
    func texts() throws {
        #expect(try self.text("mount=/t&song=A%20%2B%20B") == "A + B")
        #expect(try self.text("mount=/t&song=100% Hits".replacingSpaces) == "100% Hits")
        #expect(try self.text("mount=/t&song=caf%E9") == "café")
        #expect(try self.text("mount=/t&song=caf%C3%A9&charset=ISO-8859-1") == "café")
        #expect(try self.text("mount=/t&song=") == "")
        #expect(try self.text("mount=/t&song=%20a%0D%0Ab%00c%E2%80%A8d%09") == "a  b c d")
        #expect(try self.text("mount=/t&song=\(String(repeating: "x", count: 5000))")?.count == 5000)
    }

    @Test("artist and title are joined, and a song counts before them")
    func artistAndTitle() throws {
        #expect(try self.text("mount=/t&artist=A&title=B") == "A - B")
        #expect(try self.text("mount=/t&title=B") == "B")
        #expect(try self.text("mount=/t&artist=&title=B") == "B")
        #expect(try self.text("mount=/t&artist=A&title=") == "A")
        #expect(try self.text("mount=/t&artist=A") == "A")
        #expect(try self.text("mount=/t&artist=A&title=B&song=S") == "S")
    }

    private func shoutcast(_ query: String, header: String = "") throws -> MetadataRequest {
        var buffer = ByteBuffer(string: "GET /admin.cgi?\(query) HTTP/1.0\r\n\(header)\r\n")
        var parser = RequestParser()
        let request = try #require(try parser.next(from: &buffer))
        #expect(MetadataRequest.isMetadata(request))
        return MetadataRequest(request, form: nil, peer: "192.0.2.1")
    }

    private func expected(_ password: String, user: String = "source", mount: String? = nil) -> MetadataRequest {
        let credentials = BasicCredentials(user: user, password: password)
        return .update(
            MetadataUpdate(mount: mount, text: "A B", url: nil, credentials: credentials, peer: "192.0.2.1")
        )
    }

    @Test("SHOUTcast's titles come with a password instead of a mount")
    func shoutcastTitles() throws {
        #expect(try self.shoutcast("pass=pw&mode=updinfo&song=A%20B&url=") == self.expected("pw"))
        #expect(try self.shoutcast("sid=1&mode=updinfo&song=A+B&pass=live%3Ap%40w") == self.expected("live:p@w"))
        #expect(try self.shoutcast("pass=p+w%2B%20%&song=A+B") == self.expected("p+w+ %"))
        #expect(try self.shoutcast("pass=pw&mount=/live&song=A+B") == self.expected("pw", mount: "live"))
        #expect(try self.shoutcast("pass=pw&mount=/&song=A+B") == self.expected("pw"))
        let basic = "Authorization: Basic YWRtaW46cHc=\r\n"
        #expect(try self.shoutcast("mode=updinfo&song=A+B", header: basic) == self.expected("pw", user: "admin"))
        #expect(try self.shoutcast("mode=updinfo&song=A+B") == .answered(.unauthorized))
        #expect(try self.shoutcast("pass=pw&mode=updinfo") == .answered(.missingParameter("song")))
        #expect(try self.shoutcast("pass=pw&mode=viewxml") == .answered(.unknownAction))
    }

    @Test("what is missing is named, and what is unknown is told")
    func wrong() throws {
        #expect(try self.request("mount=/t&song=x", authorized: false) == .answered(.unauthorized))
        #expect(try self.request("mode=updinfo&song=x") == .answered(.missingParameter("mount")))
        #expect(try self.request("mode=updinfo&mount=/t") == .answered(.missingParameter("song")))
        #expect(try self.request("mode=viewcount&mount=/t&song=x") == .answered(.unknownAction))
    }
}

extension String {
    /// The `+` spelling of a query with spaces.
    fileprivate var replacingSpaces: String { String(self.map { $0 == " " ? "+" : $0 }) }
}

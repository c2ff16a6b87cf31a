// RequestTests: what a head says.

import NIOCore
import Testing

@testable import Wire

@Suite("Request")
struct RequestTests {
    private func request(_ text: String) throws -> Request {
        var parser = RequestParser()
        var buffer = ByteBuffer(string: text)
        return try #require(try parser.next(from: &buffer))
    }

    private func request(line: String = "GET / HTTP/1.1", headers: [String]) throws -> Request {
        try self.request(([line] + headers).map { $0 + "\r\n" }.joined() + "\r\n")
    }

    @Test("methods have their names, and others are still methods")
    func methods() throws {
        let expected: [(String, Wire.Method)] = [
            ("GET", .get), ("HEAD", .head), ("OPTIONS", .options), ("POST", .post), ("PUT", .put), ("SOURCE", .source),
            ("DELETE", .delete), ("PATCH", .patch), ("STATS", .other), ("get", .other), ("M-SEARCH", .other),
        ]
        for (name, method) in expected {
            let request = try self.request(line: "\(name) / HTTP/1.1", headers: [])
            #expect(request.method == method)
            #expect(request.methodText == name)
        }
    }

    @Test("the path is decoded, the query is told apart, and the raw bytes stay")
    func target() throws {
        let request = try self.request(line: "GET /a%20b+c%2x%?at=1?2 HTTP/1.1", headers: [])
        #expect(request.path == "/a b+c%2x%")
        #expect(String(buffer: request.pathBytes) == "/a%20b+c%2x%")
        #expect(request.queryBytes.map { String(buffer: $0) } == "at=1?2")
        #expect(request.query()["at"] == "1?2")
        #expect(request.target == "/a%20b+c%2x%?at=1?2")
        #expect(request.hasPath("/a%20b+c%2x%"))
        #expect(!request.hasPath("/a"))
    }

    @Test("a path need not be UTF-8, nor encoded")
    func rawPath() throws {
        var buffer = ByteBuffer(bytes: Array("GET /caf".utf8) + [0xE9] + Array(" HTTP/1.0\n\n".utf8))
        var parser = RequestParser()
        #expect(try #require(try parser.next(from: &buffer)).path == "/café")
        #expect(try self.request(line: "GET /caf%C3%A9 HTTP/1.0", headers: []).path == "/café")
    }

    @Test("the absolute form is taken, without its host")
    func absoluteForm() throws {
        let request = try self.request(line: "GET HTTP://example.org:8001/t?x=1 HTTP/1.1", headers: [])
        #expect(request.path == "/t")
        #expect(request.query()["x"] == "1")
        #expect(try self.request(line: "OPTIONS * HTTP/1.1", headers: []).path == "*")
    }

    @Test("headers are found whatever their case, and the first of a name counts")
    func headers() throws {
        let request = try self.request(headers: ["Ice-Name:  My Radio \t", "ICE-NAME: other", "X-Empty:", "icy-br:128"])
        #expect(request.header("ice-name") == "My Radio")
        #expect(request.header("x-empty") == "")
        #expect(request.header("icy-br") == "128")
        #expect(request.headerBytes("Icy-Br").map { String(buffer: $0) } == "128")
        #expect(request.header("icy-b") == nil)
        #expect(request.hasHeader("X-EMPTY") && !request.hasHeader("X-Empt"))
        #expect(request.headerCount == 4)
    }

    @Test("a header that is not UTF-8 is read as ISO-8859-1")
    func latinHeader() throws {
        var buffer = ByteBuffer(bytes: Array("GET / HTTP/1.0\nice-name: ".utf8) + [0xC9] + Array("t\n\n".utf8))
        var parser = RequestParser()
        #expect(try #require(try parser.next(from: &buffer)).header("ice-name") == "Ét")
    }

    @Test("tokens are found in lists, over several headers, without their parameters")
    func tokens() throws {
        let request = try self.request(headers: ["Connection: Upgrade , KEEP-alive", "connection: x;q=1,,"])
        #expect(request.hasToken("keep-alive", in: "Connection"))
        #expect(request.hasToken("upgrade", in: "Connection"))
        #expect(request.hasToken("x", in: "Connection"))
        #expect(!request.hasToken("keep", in: "Connection"))
        #expect(!request.hasToken("keep-alive", in: "Upgrade"))
    }

    @Test("HTTP/1.1 keeps the connection unless told not to, older protocols only when asked")
    func keepAlive() throws {
        #expect(try self.request(headers: []).wantsKeepAlive)
        #expect(try !self.request(headers: ["Connection: close"]).wantsKeepAlive)
        #expect(try !self.request(line: "GET / HTTP/1.0", headers: []).wantsKeepAlive)
        #expect(try self.request(line: "GET / HTTP/1.0", headers: ["Connection: Keep-Alive"]).wantsKeepAlive)
        #expect(try !self.request(line: "SOURCE / ICE/1.0", headers: []).wantsKeepAlive)
    }

    @Test("a body is delimited as its headers say")
    func framing() throws {
        #expect(try self.request(headers: []).bodyFraming() == .unspecified)
        #expect(try self.request(headers: ["Content-Length: 12"]).bodyFraming() == .length(12))
        #expect(try self.request(headers: ["Content-Length: 5", "content-length: 5"]).bodyFraming() == .length(5))
        #expect(try self.request(headers: ["Transfer-Encoding: Chunked"]).bodyFraming() == .chunked)
        #expect(try self.request(headers: ["Transfer-Encoding: identity"]).bodyFraming() == .unspecified)
    }

    @Test(
        "contradictory or impossible lengths are refused",
        arguments: [
            (["Content-Length: 5", "Content-Length: 6"], Status.badRequest),
            (["Content-Length: 5, 5"], .badRequest),
            (["Content-Length: -1"], .badRequest),
            (["Content-Length: +1"], .badRequest),
            (["Content-Length:"], .badRequest),
            (["Content-Length: 99999999999999999999"], .badRequest),
            (["Content-Length: 5", "Transfer-Encoding: chunked"], .badRequest),
            (["Transfer-Encoding: gzip, chunked"], .notImplemented),
            (["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"], .notImplemented),
        ]
    )
    func badFraming(headers: [String], status: Status) throws {
        let request = try self.request(headers: headers)
        #expect(throws: WireError.self) { try request.bodyFraming() }
        do { _ = try request.bodyFraming() } catch { #expect(error.status == status) }
    }

    @Test("credentials come from the Authorization header")
    func credentials() throws {
        let request = try self.request(headers: ["Authorization: basic c291cmNlOmhhY2ttZQ=="])
        #expect(request.basicCredentials == BasicCredentials(user: "source", password: "hackme"))
        #expect(try self.request(headers: ["Authorization: Bearer x"]).basicCredentials == nil)
    }

    @Test("a request keeps what it says while the next one is parsed")
    func outlivesTheParser() throws {
        var parser = RequestParser()
        var buffer = ByteBuffer(string: "GET /1 HTTP/1.1\nHost: a\n\nGET /2 HTTP/1.1\nHost: b\nX: y\n\n")
        let first = try #require(try parser.next(from: &buffer))
        let second = try #require(try parser.next(from: &buffer))
        buffer.clear()
        buffer.writeString("XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX")
        #expect(first.path == "/1" && first.header("host") == "a" && first.header("x") == nil)
        #expect(second.path == "/2" && second.header("host") == "b" && second.header("x") == "y")
    }
}

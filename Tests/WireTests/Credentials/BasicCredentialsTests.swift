// BasicCredentialsTests: user names and passwords as encoders send them.

import Testing

@testable import Wire

@Suite("BasicCredentials")
struct BasicCredentialsTests {
    @Test("user and password are told apart at the first colon, and either may be empty")
    func pairs() {
        let expected = [
            ("Basic c291cmNlOmhhY2ttZQ==", "source", "hackme"),
            ("bAsIc   OmhhY2ttZQ==", "", "hackme"),
            ("Basic YTpiOmM6", "a", "b:c:"),
            ("Basic Og==", "", ""),
            ("Basic Og", "", ""),
            ("Basic YTrp", "a", "é"),
            ("Basic YTrDqQ", "a", "é"),
        ]
        for (header, user, password) in expected {
            #expect(BasicCredentials(authorization: header) == BasicCredentials(user: user, password: password))
        }
    }

    @Test(
        "what is not Basic is not read",
        arguments: [
            "", "Basic", "Basic ", "Bearer YTpi", "BasicYTpi", "Basic YWI=", "Basic YTpi!", "Basic Y", "Basic YTpi=",
            "Basic YT=pi", "Basic YTo=====", "Basic YTpi YTpi", "Basic é",
        ]
    )
    func refusals(header: String) {
        #expect(BasicCredentials(authorization: header) == nil)
    }

    @Test("printing credentials does not show the password")
    func redaction() {
        let credentials = BasicCredentials(user: "u", password: "secret")
        #expect(!"\(credentials) \(String(reflecting: credentials)) \([credentials])".contains("secret"))
    }

    @Test("base64 of every length comes back")
    func base64() {
        #expect(Base64.decode("".utf8) == [])
        #expect(Base64.decode("AA==".utf8) == [0])
        #expect(Base64.decode("//8=".utf8) == [255, 255])
        #expect(Base64.decode("+/+/".utf8) == [0xFB, 0xFF, 0xBF])
        #expect(Base64.decode("AAECAwQ".utf8) == [0, 1, 2, 3, 4])
    }

    @Test("random headers never crash it")
    func fuzz() {
        var random = SeededGenerator(seed: 3)
        let alphabet = Array("Basic YTpi=+/:\u{e9}".unicodeScalars)
        for _ in 0..<2000 {
            var text = "Basic "
            for _ in 0..<Int.random(in: 0...30, using: &random) {
                text.unicodeScalars.append(alphabet.randomElement(using: &random) ?? "=")
            }
            if let credentials = BasicCredentials(authorization: text) { #expect(!credentials.user.contains(":")) }
        }
    }
}

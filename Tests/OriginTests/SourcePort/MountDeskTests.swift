// MountDeskTests: who may send what where.

import Ingest
import Segmenter
import Testing
import Wire

@testable import Origin

@Suite struct MountDeskTests {
    private let station: Station

    init() {
        var other = StreamDefinition.test("other.stream")
        other.sourcePassword = "secret:with:colons"
        self.station = Station([.test(isRoot: true), other])
    }

    private func refusal(_ request: SourceRequest) -> SourceRefusal? {
        let encoder = Encoder()
        let admission = self.station.desk.admit(request, control: encoder.control)
        self.station.settle()
        switch admission {
        case .accepted: return nil
        case .refused(let refusal): return refusal
        }
    }

    @Test("the mount's password opens it, whoever the user is; any other is refused")
    func passwords() {
        #expect(self.refusal(self.station.request()) == nil)
        #expect(self.refusal(self.station.request(user: "")) == nil)
        #expect(self.refusal(self.station.request(mount: "other.stream", password: "secret:with:colons")) == nil)
        for password in ["", "hackme ", "HACKME", "secret:with:colons", nil] {
            #expect(self.refusal(self.station.request(password: password)) == .unauthorized)
        }
        #expect(self.refusal(self.station.request(mount: "other.stream")) == .unauthorized)
    }

    @Test("an unknown mount is named with those that exist, but only to those with credentials")
    func unknownMounts() {
        #expect(
            self.refusal(self.station.request(mount: "nowhere"))
                == .notFound(reason: "there is no mount /nowhere; there is /other.stream, /test")
        )
        #expect(self.refusal(self.station.request(mount: "nowhere", password: nil)) == .unauthorized)
        let nothing = Station([]).desk.admit(self.station.request(), control: Encoder().control)
        guard case .refused(.notFound(let reason)) = nothing else {
            Issue.record("a server without streams takes no source")
            return
        }
        #expect(reason == "there is no mount /test; there is none")
    }

    @Test("a server whose clock shows a time before it was written takes no source")
    func wrongClock() {
        let station = Station(at: 1_000_000_000_000_000)
        let admission = station.desk.admit(station.request(), control: Encoder().control)
        guard case .refused(.unavailable(let reason)) = admission else {
            Issue.record("the clock of 2001 must be refused")
            return
        }
        #expect(reason.contains("2001-09-09"))
    }

    @Test("a source without a mount goes where its password leads")
    func byPassword() throws {
        #expect(self.station.desk.refusal(of: self.station.request(mount: nil)) == nil)
        #expect(self.station.desk.refusal(of: self.station.request(mount: nil, password: "wrong")) == .unauthorized)
        #expect(self.station.desk.refusal(of: self.station.request(mount: nil, password: nil)) == .unauthorized)
        let request = self.station.request(mount: nil, password: "secret:with:colons")
        guard case .accepted(_, let mount) = self.station.desk.admit(request, control: Encoder().control) else {
            Issue.record("the password opens one mount")
            return
        }
        #expect(mount == "other.stream")
        let ambiguous = Station([.test("a"), .test("b")])
        guard case .forbidden(let reason) = ambiguous.desk.refusal(of: ambiguous.request(mount: nil)) else {
            Issue.record("the password opens two mounts")
            return
        }
        #expect(reason.contains("a, b"))
    }

    @Test("asking whether a login would be refused admits nobody")
    func loginOnly() throws {
        #expect(self.station.desk.refusal(of: self.station.request()) == nil)
        self.station.settle()
        self.station.play(1)
        #expect(try self.station.stream.feedStatus.source == nil)
    }

    @Test("a title needs a mount with a source and its password, and is on air with the next part")
    func titles() throws {
        func update(_ mount: String?, _ password: String) -> MetadataAnswer {
            self.station.desk.update(
                MetadataUpdate(
                    mount: mount,
                    text: "Artist - Title",
                    url: "https://example.org",
                    credentials: BasicCredentials(user: "source", password: password),
                    peer: "192.0.2.1"
                )
            )
        }
        #expect(update("test", "hackme") == .unknownMount)
        let encoder = Encoder()
        try self.station.connect(encoder)
        self.station.play(10, encoder)
        #expect(update("test", "wrong") == .unauthorized)
        #expect(update("nowhere", "hackme") == .unknownMount)
        #expect(update("other.stream", "secret:with:colons") == .unknownMount)
        #expect(update(nil, "nothing") == .unauthorized)
        #expect(update("test", "hackme") == .accepted)
        #expect(update(nil, "hackme") == .accepted)
        self.station.play(5, encoder)
        let title = try self.station.parts.last?.title
        #expect(title?.text == "Artist - Title" && title?.url == "https://example.org")
        encoder.leave()
        self.station.settle()
        #expect(update("test", "hackme") == .unknownMount)
    }
}

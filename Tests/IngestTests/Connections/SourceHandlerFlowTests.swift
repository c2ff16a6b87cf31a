// SourceHandlerFlowTests: time limits, back-pressure, and what the upper layer may ask.

import Ingest
import NIOCore
import NIOEmbedded
import Testing

@Suite("SourceHandler, time and flow")
struct SourceHandlerFlowTests {
    private let put = "PUT /t HTTP/1.1\r\nice-password: hackme\r\n\r\n"
    private let expecting = "PUT /t HTTP/1.1\r\nice-password: hackme\r\nExpect: 100-continue\r\n\r\n"

    @Test("a connection that says nothing is closed after 15 s")
    func silentConnection() throws {
        let client = try SourceClient()
        client.pass(.milliseconds(14_999))
        #expect(!client.isClosed)
        client.pass(.milliseconds(1))
        #expect(client.isClosed)
        #expect(try client.answer() == "")
    }

    @Test("a head that dribbles in gets no more than 15 s, however busy it is")
    func dribblingHead() throws {
        let client = try SourceClient()
        for byte in self.put.utf8.prefix(14) {
            try client.send([byte])
            client.pass(.seconds(1))
        }
        #expect(try client.answer() == "")
        client.pass(.seconds(1))
        #expect(try client.answer().hasPrefix("HTTP/1.0 408 Request Timeout\r\n"))
        client.pass(.seconds(2))
        #expect(client.isClosed)
    }

    @Test("each request of a connection has 15 s of its own")
    func idleKeepAlive() throws {
        let client = try SourceClient()
        for _ in 0..<3 {
            client.pass(.seconds(14))
            try client.send("OPTIONS * HTTP/1.1\r\n\r\n")
            #expect(try client.answer().hasPrefix("HTTP/1.1 200 OK\r\n"))
        }
        client.pass(.seconds(15))
        #expect(client.isClosed)
    }

    @Test("a form that never comes is given up with its head's time limit")
    func silentForm() throws {
        let client = try SourceClient()
        try client.send("POST /admin/metadata HTTP/1.1\r\nContent-Length: 10\r\n\r\n")
        client.pass(.seconds(15))
        #expect(try client.answer().contains(" 408 "))
    }

    @Test("a source that sends nothing for 10 s has ended, and a byte in time keeps it")
    func deadSource() throws {
        let client = try SourceClient()
        try client.send(self.put, TestAudio.frames(10))
        for _ in 0..<5 {
            client.pass(.milliseconds(9_999))
            try client.send([0])
        }
        #expect(client.desk.sink("t")?.ends == [])
        client.pass(.seconds(10))
        #expect(client.desk.sink("t")?.ends == [.timedOut])
        #expect(client.isClosed)
    }

    @Test("the silence limit can be set")
    func configuredSilence() throws {
        var limits = SourceConnectionLimits()
        limits.silence = .seconds(3)
        let client = try SourceClient(limits: limits)
        try client.send(self.expecting, TestAudio.frames(10))
        client.pass(.seconds(3))
        #expect(client.desk.sink("t")?.ends == [.timedOut])
        #expect(try client.answer().contains("HTTP/1.1 408 Request Timeout\r\n"))
    }

    @Test("a paused source is not read, and not dead however long it is paused")
    func pausing() throws {
        let client = try SourceClient()
        try client.send(self.put, TestAudio.frames(10))
        let control = try #require(client.desk.controls.first)
        control.pauseReading()
        let before = client.socket.reads
        client.channel.read()
        client.channel.read()
        #expect(client.socket.reads == before)
        client.pass(.seconds(3600))
        #expect(client.desk.sink("t")?.ends == [])
        control.resumeReading()
        #expect(client.socket.reads == before + 1)
        client.channel.read()
        #expect(client.socket.reads == before + 2)
        client.pass(.milliseconds(9_999))
        #expect(client.desk.sink("t")?.ends == [])
        client.pass(.milliseconds(1))
        #expect(client.desk.sink("t")?.ends == [.timedOut])
    }

    @Test("a sink may pause its source while it receives")
    func pausingFromWithin() throws {
        let client = try SourceClient(RecordingDesk(onReceive: { $0.pauseReading() }))
        try client.send(self.put, TestAudio.frames(10))
        let before = client.socket.reads
        client.channel.read()
        #expect(client.socket.reads == before)
        #expect(client.desk.sink("t")?.frames.count == 10)
    }

    @Test("a source that is closed by the server hears why, where its protocol has room for it")
    func stopping() throws {
        let expecting = try SourceClient()
        try expecting.send(self.expecting, TestAudio.frames(10))
        try #require(expecting.desk.controls.first).close(reason: "Another source has taken over.")
        #expect(try expecting.answer().hasSuffix("\r\n\r\nAnother source has taken over.\n"))
        #expect(expecting.desk.sink("t")?.ends == [.stopped(reason: "Another source has taken over.")])

        let plain = try SourceClient()
        try plain.send(self.put, TestAudio.frames(10))
        try #require(plain.desk.controls.first).close(reason: "Kicked.")
        #expect(try plain.answer() == "HTTP/1.1 200 OK\r\n\r\n")
        #expect(plain.desk.sink("t")?.ends == [.stopped(reason: "Kicked.")])
        #expect(plain.isClosed)
    }

    @Test("a source may be closed while it is admitted, and while it delivers")
    func stoppingFromWithin() throws {
        let admitting = try SourceClient(RecordingDesk(onAdmit: { $0.close(reason: "No.") }))
        try admitting.send(self.put, TestAudio.frames(10))
        #expect(admitting.desk.sink("t")?.ends == [.stopped(reason: "No.")])
        #expect(admitting.desk.sink("t")?.frames.isEmpty == true)
        #expect(admitting.isClosed)

        let delivering = try SourceClient(RecordingDesk(onReceive: { $0.close(reason: "Enough.") }))
        try delivering.send(self.put, TestAudio.frames(10))
        #expect(delivering.desk.sink("t")?.ends == [.stopped(reason: "Enough.")])
        delivering.channel.embeddedEventLoop.run()
        #expect(delivering.isClosed)
    }

    @Test("the control of a source that has ended does nothing to the next one on the connection")
    func staleControl() throws {
        let client = try SourceClient()
        try client.send("PUT /t HTTP/1.1\r\nice-password: hackme\r\nContent-Length: 0\r\n\r\n")
        try client.send(self.put, TestAudio.frames(10))
        try #require(client.desk.controls.count == 2)
        client.desk.controls[0].close(reason: "Too late.")
        client.desk.controls[0].pauseReading()
        try client.send(TestAudio.frames(1))
        #expect(client.desk.sink("t")?.frames.count == 11)
        #expect(client.desk.sink("t")?.ends == [])
    }

    @Test("a connection that is lost ends its source once")
    func lost() throws {
        let client = try SourceClient()
        try client.send(self.expecting, TestAudio.frames(10))
        try client.channel.close().wait()
        #expect(client.desk.sink("t")?.ends == [.closedByPeer])
        try #require(client.desk.controls.first).close(reason: "Too late.")
        client.pass(.seconds(60))
        #expect(client.desk.sink("t")?.ends == [.closedByPeer])
    }

    @Test("a client that pipelines requests and reads no answers gets few of them, is not read, and is closed")
    func unreadAnswers() throws {
        let client = try SourceClient()
        client.channel.isWritable = false
        for _ in 0..<100 { try client.send("OPTIONS * HTTP/1.1\r\n\r\n") }
        #expect(try client.answer() == "")
        let before = client.socket.reads
        client.channel.read()
        #expect(client.socket.reads == before)
        client.channel.isWritable = true
        client.channel.pipeline.fireChannelWritabilityChanged()
        #expect(client.socket.reads == before + 1)
        #expect(try client.answer().hasPrefix("HTTP/1.1 200 OK\r\n"))

        client.channel.isWritable = false
        try client.send("OPTIONS * HTTP/1.1\r\n\r\n")
        client.pass(.seconds(15))
        client.pass(.seconds(2))
        #expect(client.isClosed)
    }
}

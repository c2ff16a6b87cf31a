// ListenerPortTimeLimitTests: how long a connection may take.

import NIOCore
import NIOEmbedded
import Testing

@testable import Origin

@Suite struct ListenerPortTimeLimitTests {
    private let station = Station()

    private func pass(_ seconds: Int64) {
        self.station.loop.advanceTime(by: .seconds(seconds))
    }

    @Test("a head must arrive within 15 s, however slowly it comes")
    func heads() throws {
        let silent = try Client(self.station)
        let slow = try Client(self.station)
        for _ in 0..<14 {
            self.pass(1)
            try slow.channel.writeInbound(ByteBuffer(string: "G"))
        }
        #expect(silent.isOpen && slow.isOpen)
        self.pass(2)
        #expect(!silent.isOpen && !slow.isOpen)
    }

    @Test("a connection may idle for 60 s between requests")
    func idle() throws {
        let client = try Client(self.station)
        self.pass(10)
        for _ in 0..<3 {
            try client.send("GET /nowhere HTTP/1.1\r\n\r\n")
            self.pass(59)
            #expect(client.isOpen)
        }
        self.pass(2)
        #expect(!client.isOpen)
    }
}

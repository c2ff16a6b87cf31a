// SourceConnectionStateTests: the same bytes, the same actions, however they arrive.

import NIOCore
import Segmenter
import Testing
import Wire

@testable import Ingest

@Suite("SourceConnectionState")
struct SourceConnectionStateTests {
    /// All that a connection does with some bytes, with the deliveries run together.
    private func actions(_ pieces: [ArraySlice<UInt8>]) -> (actions: [SourceConnectionAction], frames: [Frame]) {
        var state = SourceConnectionState(limits: .init(), peer: "192.0.2.7", now: .uptimeNanoseconds(0))
        var actions: [SourceConnectionAction] = []
        var frames: [Frame] = []
        func drain() {
            while let action = state.next() {
                if case .deliver(let delivered) = action {
                    frames += delivered
                    continue
                }
                actions.append(action)
                if case .admit(let request) = action {
                    if request.credentials == nil { state.refused(.unauthorized) } else { state.admitted() }
                }
                if case .update = action { state.answered(.accepted) }
                if case .recognize(let login) = action {
                    let isRight = login.credentials?.hasPassword("hackme") == true
                    if isRight { state.recognized() } else { state.refused(.unauthorized) }
                }
            }
        }
        for piece in pieces {
            state.received(ByteBuffer(bytes: piece), at: .uptimeNanoseconds(1))
            drain()
        }
        state.inputEnded()
        drain()
        return (actions, frames)
    }

    private static let exchanges: [[UInt8]] = [
        Array("SOURCE /t HTTP/1.0\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n".utf8)
            + Array("PUT /t HTTP/1.1\r\nExpect: 100-continue\r\nice-password: x\r\n\r\n".utf8) + TestAudio.frames(6),
        Array("PUT /t HTTP/1.1\r\nTransfer-Encoding: chunked\r\nice-password: x\r\n\r\n".utf8)
            + TestAudio.chunk(TestAudio.frames(5)) + Array("0\r\n\r\n".utf8),
        Array("OPTIONS * HTTP/1.1\r\n\r\nGET /admin/metadata?mount=t&song=s HTTP/1.1\r\n".utf8)
            + Array("Authorization: Basic c291cmNlOmhhY2ttZQ==\r\n\r\nPOST /admin/metadata?mount=t HTTP/1.1\r\n".utf8)
            + Array("Authorization: Basic c291cmNlOmhhY2ttZQ==\r\nContent-Length: 6\r\n\r\nsong=xGET /".utf8),
        Array("hackme\nicy-name:x\nicy-br: 128\n\n".utf8) + TestAudio.frames(4),
        Array("hackme\r\r\n\r\r\n".utf8) + TestAudio.frames(4),
        Array("hackme\r\nno header\r\nicy-name:x\r\n\u{0}\r\n\r\n".utf8) + TestAudio.frames(1),
        Array("hackme\r\n\r\nThis is no audio.".utf8),
        Array("wrong\r\nicy-name: x\r\n\r\n".utf8) + TestAudio.frames(1),
        Array("hack\rme\r\n\r\n".utf8),
        Array("GET /admin.cgi?pass=hackme&mode=updinfo&song=\u{E9} HTTP/1.0\r\n\r\n".utf8),
    ]

    @Test("every split of an exchange gives the same actions", arguments: Self.exchanges)
    func splitsDoNotMatter(bytes: [UInt8]) {
        let whole = self.actions([bytes[...]])
        #expect(!whole.actions.isEmpty)
        for cut in 0...bytes.count {
            let split = self.actions([bytes[..<cut], bytes[cut...]])
            #expect(split.actions == whole.actions && split.frames == whole.frames, "cut at \(cut)")
        }
        let single = self.actions(bytes.indices.map { bytes[$0...$0] })
        #expect(single.actions == whole.actions && single.frames == whole.frames)
    }

    @Test("there is always a deadline, but for a paused source and a closed connection")
    func deadlines() {
        var state = SourceConnectionState(limits: .init(), peer: "", now: .uptimeNanoseconds(0))
        #expect(state.deadline == .uptimeNanoseconds(0) + .seconds(15))
        state.received(ByteBuffer(string: "SOURCE /t HTTP/1.0\r\n\r\n"), at: .uptimeNanoseconds(5))
        let first = state.next()
        #expect(first != nil)
        state.admitted()
        #expect(state.deadline == .uptimeNanoseconds(5) + .seconds(10))
        state.pause()
        #expect(state.deadline == nil)
        state.resume(at: .uptimeNanoseconds(9))
        #expect(state.deadline == .uptimeNanoseconds(9) + .seconds(10))
        while state.next() != nil {}
        let early = state.timePassed(to: .uptimeNanoseconds(10))
        let due = state.timePassed(to: .uptimeNanoseconds(9) + .seconds(10))
        #expect(!early && due)
        let last = [state.next(), state.next(), state.next()]
        #expect(last == [.end(.timedOut), .close, nil])
        #expect(state.deadline == nil)
    }
}

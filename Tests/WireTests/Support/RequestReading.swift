// RequestReading: all that a parser makes of some bytes, in a form that can be compared.

import NIOCore

@testable import Wire

/// All that a parser makes of some bytes, however they are sliced.
struct RequestReading: Equatable {
    private(set) var heads: [String] = []
    private(set) var error: WireError?
    private(set) var rest = ""

    init(_ pieces: [ArraySlice<UInt8>], limits: RequestParser.Limits = .init()) {
        var parser = RequestParser(limits: limits)
        var buffer = ByteBuffer()
        do throws(WireError) {
            for piece in pieces {
                buffer.writeBytes(piece)
                while let request = try parser.next(from: &buffer) { self.heads.append(Self.describe(request)) }
            }
        } catch {
            self.error = error
        }
        // What is left behind an error depends on how much had arrived by then.
        if self.error == nil { self.rest = String(buffer: buffer) }
    }

    init(_ text: String, limits: RequestParser.Limits = .init()) {
        self.init([ArraySlice(text.utf8)], limits: limits)
    }

    private static func describe(_ request: Request) -> String {
        let headers = ["host", "authorization", "ice-name", "content-type", "connection"].map { (name: String) in
            switch name {
            case "host": request.header("HOST") ?? "-"
            case "authorization": request.header("Authorization") ?? "-"
            case "ice-name": request.header("ice-name") ?? "-"
            case "content-type": request.header("Content-Type") ?? "-"
            default: request.header("connection") ?? "-"
            }
        }
        return "\(request.methodText) \(request.target) \(request.version) \(request.headerCount) \(headers)"
    }
}

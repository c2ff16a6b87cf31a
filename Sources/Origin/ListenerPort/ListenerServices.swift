// ListenerServices: what the listener port's connections share.

internal import LegacyOutputs
package import Logging
package import NIOCore

/// What the listener port's connections share.
package struct ListenerServices: Sendable {
    let streams: StreamDirectory
    let time: StationTime
    let logger: Logger
    /// How long a request's head may take to arrive.
    let headLimit = TimeAmount.seconds(15)
    /// How long a connection may idle between requests, or make no progress in taking an answer.
    let idleLimit = TimeAmount.seconds(60)
    private let preambles: [ObjectIdentifier: NIOLoopBoundBox<AnswerPreamble>]

    package init(streams: StreamDirectory, time: StationTime, group: any EventLoopGroup, logger: Logger) {
        self.streams = streams
        self.time = time
        self.logger = logger
        var preambles: [ObjectIdentifier: NIOLoopBoundBox<AnswerPreamble>] = [:]
        for loop in group.makeIterator() {
            preambles[ObjectIdentifier(loop)] = .makeBoxSendingValue(AnswerPreamble(), eventLoop: loop)
        }
        self.preambles = preambles
    }

    /// The preamble of a loop; called on it.
    func preamble(on loop: any EventLoop) -> AnswerPreamble {
        guard let box = self.preambles[ObjectIdentifier(loop)] else {
            preconditionFailure("connections live on the loops that the services were made for")
        }
        return box.value
    }
}

// PartWriting: parts on their way to the disk, never many of them.

import Archive
import Segmenter

/// Parts on their way to the disk: whoever writes waits when too many are.
struct PartWriting {
    private let stored: ArchivedStream
    private let mostInFlight: Int
    private var inFlight = 0
    private let answers: AsyncStream<Int>.Continuation
    private var answer: AsyncStream<Int>.Iterator

    init(_ stored: ArchivedStream, mostInFlight: Int) {
        self.stored = stored
        self.mostInFlight = mostInFlight
        let (stream, continuation) = AsyncStream.makeStream(of: Int.self)
        self.answers = continuation
        self.answer = stream.makeAsyncIterator()
    }

    /// Hands parts to the log's writer, once there is room.
    mutating func write(_ parts: [Publication]) async throws(FillError) {
        while self.inFlight >= self.mostInFlight { try await self.awaitOne() }
        self.inFlight += 1
        self.stored.append(parts) { [answers = self.answers] waiting in answers.yield(waiting) }
    }

    /// Waits until all is written.
    mutating func finish() async throws(FillError) {
        while self.inFlight > 0 { try await self.awaitOne() }
    }

    private mutating func awaitOne() async throws(FillError) {
        let waiting = await self.answer.next(isolation: #isolation) ?? 0
        self.inFlight -= 1
        guard waiting == 0 else {
            throw FillError("the store cannot be written: \(self.stored.status.warning ?? "the disk refuses")")
        }
    }
}

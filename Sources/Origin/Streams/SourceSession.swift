// SourceSession: one accepted source, between its connection's loop and the stream's.

internal import Ingest
internal import Segmenter

/// One accepted source: stamps its frames with the station's time and carries them to the stream's home loop.
final class SourceSession: SourceSink {
    let request: SourceRequest
    let control: any SourceControl
    let live: Stream.LiveSource
    private let stream: Stream
    private let time: StationTime

    init(_ request: SourceRequest, control: any SourceControl, stream: Stream, time: StationTime) {
        self.request = request
        self.control = control
        self.stream = stream
        self.time = time
        self.live = Stream.LiveSource(
            description: request.description,
            peer: request.peer,
            userAgent: request.userAgent,
            connected: time.now
        )
    }

    /// Announces the source to its stream; before any frame.
    func begin() {
        self.time.sourceConnected()
        self.stream.onFeed { $0.add(self) }
    }

    func receive(_ frames: [Frame]) {
        let now = self.time.microseconds
        self.stream.onFeed { $0.receive(frames, from: self, at: now) }
    }

    func end(_ reason: SourceEnd) {
        self.time.sourceDisconnected()
        self.stream.onFeed { $0.remove(self, reason) }
    }
}

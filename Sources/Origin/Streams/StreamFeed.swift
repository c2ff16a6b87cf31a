// StreamFeed: what turns a stream's sources into published parts, on its home loop.

internal import Ingest
internal import LegacyOutputs
internal import Logging
internal import NIOCore
internal import Segmenter

/// What turns a stream's sources into published parts.
///
/// Confined to the stream's home loop. The first source is live, the others stand by in order of arrival. A part goes to the store first;
/// then listeners are woken.
final class StreamFeed {
    private let store: SegmentStore
    private let fanout: Fanout
    private let time: StationTime
    private let loop: any EventLoop
    private let logger: Logger
    private var timeline: Timeline
    private var sources: [SourceSession] = []
    private var isPaused = false
    /// When the live source delivered last, or became live; the station's time in microseconds.
    private var lastDelivery: Int64 = 0
    private var title: Title?
    private var report: ((Stream.FeedStatus) -> Void)?
    private var ticks: RepeatedTask?

    init(
        grid: SlotGrid,
        store: SegmentStore,
        fanout: Fanout,
        time: StationTime,
        loop: any EventLoop,
        logger: Logger
    ) {
        self.store = store
        self.fanout = fanout
        self.time = time
        self.loop = loop
        self.logger = logger
        self.timeline = Timeline(grid: grid)
    }

    func start(every interval: TimeAmount, report: @escaping (Stream.FeedStatus) -> Void) {
        self.report = report
        let feed = NIOLoopBound(self, eventLoop: self.loop)
        self.ticks = self.loop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { _ in feed.value.tick() }
    }

    func stop() {
        self.ticks?.cancel()
        for source in self.sources { source.control.close(reason: "the server is shutting down") }
    }

    func announce(_ title: Title) {
        self.title = title
        self.timeline.announce(title)
        self.reportStatus()
    }

    /// Takes a source: it becomes live if there is none.
    func add(_ source: SourceSession) {
        self.sources.append(source)
        if self.sources.count == 1 {
            self.goLive(source)
        } else {
            self.logger.info("source stands by", metadata: ["peer": "\(source.request.peer)"])
        }
        self.reportStatus()
    }

    /// Takes frames of a source; a source on standby is not heard.
    func receive(_ frames: [Frame], from source: SourceSession, at now: Int64) {
        if self.sources.first !== source {
            guard self.isSilent(now), self.sources.contains(where: { $0 === source }) else { return }
            self.promote(source)
        }
        self.lastDelivery = now
        self.publish(self.timeline.receive(frames, at: now))
        if let reason = self.timeline.refusal {
            self.logger.warning("source refused: \(reason)", metadata: ["peer": "\(source.request.peer)"])
            source.control.close(reason: reason)
        }
        self.applyBackPressure()
    }

    func remove(_ source: SourceSession, _ end: SourceEnd) {
        guard let index = self.sources.firstIndex(where: { $0 === source }) else { return }
        self.sources.remove(at: index)
        self.logger.info("source left: \(end)", metadata: ["peer": "\(source.request.peer)"])
        if index == 0, let next = self.sources.first { self.goLive(next) }
        self.reportStatus()
    }

    private func tick() {
        let parts = self.timeline.advance(to: self.time.microseconds)
        self.publish(parts)
        self.applyBackPressure()
        self.reportStatus()
    }

    /// Whether the live source has been silent for so long that one on standby should take over.
    private func isSilent(_ now: Int64) -> Bool {
        now - self.lastDelivery >= Timeline.latenessLimit
    }

    private func promote(_ source: SourceSession) {
        self.sources.removeAll { $0 === source }
        self.sources.insert(source, at: 0)
        self.goLive(source)
    }

    private func goLive(_ source: SourceSession) {
        self.isPaused = false
        self.lastDelivery = self.time.microseconds
        self.timeline.beginSource()
        self.logger.info("source is live", metadata: ["peer": "\(source.request.peer)"])
    }

    private func publish(_ parts: [Publication]) {
        guard !parts.isEmpty else { return }
        for part in parts { self.store.append(part) }
        self.fanout.liveEdgeMoved()
    }

    private func applyBackPressure() {
        guard self.timeline.wantsPause != self.isPaused, let live = self.sources.first else { return }
        self.isPaused = self.timeline.wantsPause
        if self.isPaused { live.control.pauseReading() } else { live.control.resumeReading() }
    }

    private func reportStatus() {
        var status = Stream.FeedStatus()
        status.format = self.timeline.format
        status.clockErrorMicroseconds = self.timeline.clockError
        status.droppedFrames = self.timeline.droppedFrames
        status.steps = self.timeline.steps
        status.title = self.title
        status.source = self.sources.first.map { $0.live }
        status.standbySources = max(0, self.sources.count - 1)
        self.report?(status)
    }
}

@available(*, unavailable)
extension StreamFeed: Sendable {}

// StreamFeed: what turns a stream's sources into published parts, on its home loop.

internal import Archive
internal import DequeModule
internal import Ingest
internal import LegacyOutputs
internal import Logging
internal import NIOCore
internal import Segmenter

/// What turns a stream's sources into published parts.
///
/// Confined to the stream's home loop. The first source is live, the others stand by in order of arrival. A part goes to the log first,
/// where there is one; when that is written, to the store; then listeners are woken. A disk that takes its time does not keep listeners
/// waiting for longer than a moment.
final class StreamFeed {
    /// A part that is on its way to the disk.
    private struct Pending {
        let publication: Publication
        let since: NIODeadline
    }

    /// How long a part waits for the disk before it is published all the same (design §6.7).
    private static let longestWait = TimeAmount.milliseconds(250)

    /// Parts that wait for a disk that does not answer, about a quarter of an hour of them.
    private static let mostAhead = 1_000

    private let store: SegmentStore
    private let stored: ArchivedStream?
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
    private var pending: Deque<Pending> = []
    /// Parts that were published before the disk had them, and which it has not answered for.
    private var ahead = 0
    private var publishedUnwritten = 0
    private var look: Scheduled<Void>?
    private let grid: SlotGrid

    init(
        grid: SlotGrid,
        store: SegmentStore,
        stored: ArchivedStream?,
        fanout: Fanout,
        time: StationTime,
        loop: any EventLoop,
        logger: Logger
    ) {
        self.grid = grid
        self.store = store
        self.stored = stored
        self.fanout = fanout
        self.time = time
        self.loop = loop
        self.logger = logger
        self.timeline = Timeline(grid: grid, continuing: stored?.newest.flatMap { Continuation(after: $0) })
    }

    /// Begins to let time pass; `started` is called when the stream has come up to the present.
    func start(
        every interval: TimeAmount,
        report: @escaping (Stream.FeedStatus) -> Void,
        started: @escaping @Sendable () -> Void
    ) {
        self.report = report
        self.publish(self.timeline.resume(at: self.time.microseconds))
        self.tick()
        let feed = NIOLoopBound(self, eventLoop: self.loop)
        self.ticks = self.loop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { _ in feed.value.tick() }
        guard let stored = self.stored else { return started() }
        let loop = self.loop
        // Behind what was just published: it is answered in order.
        stored.append([]) { _ in loop.execute(started) }
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
        guard let stored = self.stored else { return self.release(parts) }
        guard self.ahead < Self.mostAhead else {
            // A disk that does not even refuse: what it is not given cannot fill this process's memory.
            stored.status.countLost(parts.count)
            return self.release(parts)
        }
        let now = self.loop.now
        self.pending.append(contentsOf: parts.map { Pending(publication: $0, since: now) })
        let feed = NIOLoopBound(self, eventLoop: self.loop)
        let loop = self.loop
        let count = parts.count
        stored.append(parts) { waiting in
            // Written, or refused: then the log tries again by itself, and listeners need not wait for it.
            loop.execute { feed.value.diskHasAnswered(for: count, unwritten: min(waiting, count)) }
        }
        self.lookAfterPending()
    }

    private func diskHasAnswered(for count: Int, unwritten: Int) {
        let late = min(self.ahead, count)
        self.ahead -= late
        // Those that were published late have been counted then.
        self.publishedUnwritten += min(unwritten, count - late)
        self.release(self.pending.prefix(count - late).map(\.publication))
        self.pending.removeFirst(min(count - late, self.pending.count))
    }

    /// Publishes what has waited for the disk for too long.
    private func lookAfterPending() {
        guard self.look == nil, let oldest = self.pending.first else { return }
        let feed = NIOLoopBound(self, eventLoop: self.loop)
        self.look = self.loop.scheduleTask(deadline: oldest.since + Self.longestWait) {
            feed.value.look = nil
            feed.value.releaseLate()
            feed.value.lookAfterPending()
        }
    }

    private func releaseLate() {
        let limit = self.loop.now - Self.longestWait
        let late = self.pending.prefix { $0.since <= limit }.map(\.publication)
        guard !late.isEmpty else { return }
        self.pending.removeFirst(late.count)
        self.ahead += late.count
        self.publishedUnwritten += late.count
        self.release(late)
    }

    /// Makes parts public: to the store first, then to the listeners.
    private func release(_ parts: [Publication]) {
        guard !parts.isEmpty else { return }
        for part in parts { self.store.append(part) }
        self.fanout.liveEdgeMoved(to: self.store.liveEdge?.ordinal(in: self.grid))
    }

    /// Goes on from audio that was taken in, when there was none before.
    func goOn(from newest: Segment) {
        guard self.timeline.position == nil, self.sources.isEmpty, let end = Continuation(after: newest) else { return }
        self.timeline = Timeline(grid: self.grid, continuing: end)
        self.publish(self.timeline.resume(at: self.time.microseconds))
        self.reportStatus()
    }

    /// Forgets the rewind; what is on air goes on.
    ///
    /// A stream without a source may begin with another codec then.
    func reset() {
        guard self.sources.isEmpty else { return self.store.reset(keepsOpen: true) }
        self.store.reset(keepsOpen: false)
        // The disk has yet to answer for these.
        self.ahead += self.pending.count
        self.pending.removeAll()
        self.timeline = Timeline(grid: self.grid)
        if let title = self.title { self.timeline.announce(title) }
        self.reportStatus()
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
        status.publishedUnwritten = self.publishedUnwritten
        status.aheadOfDisk = self.ahead
        status.title = self.title
        status.source = self.sources.first.map { $0.live }
        status.standbySources = max(0, self.sources.count - 1)
        self.report?(status)
    }
}

@available(*, unavailable)
extension StreamFeed: Sendable {}

// Stream: one encoding of a programme, with its store, its listeners and its playlists.

package import Archive
internal import HLS
package import Ingest
package import LegacyOutputs
package import Logging
package import NIOCore
package import Segmenter
internal import Synchronization

/// One encoding of a programme, published at `/{name}`: every output reads its one store.
///
/// What changes on the byte path is confined to the stream's home loop, in its feed; everything here may be asked from any thread.
package final class Stream: Sendable {
    /// The live source, as the status shows it.
    package struct LiveSource: Sendable {
        package let description: SourceDescription
        package let peer: String
        package let userAgent: String?
        package let connected: Timestamp
    }

    /// What the feed reports after each turn.
    package struct FeedStatus: Sendable {
        package var format: AudioFormat?
        package var clockErrorMicroseconds: Int64 = 0
        package var droppedFrames = 0
        package var steps = 0
        package var source: LiveSource?
        package var standbySources = 0
        package var title: Title?
        /// Parts that listeners had before the disk.
        package var publishedUnwritten = 0
        /// Those of them that the disk has not answered for.
        package var aheadOfDisk = 0
    }

    package let definition: StreamDefinition
    package let store: SegmentStore
    /// What is on disk, `nil` when the rewind is in memory alone.
    package let stored: ArchivedStream?
    package let fanout: Fanout
    package let playlists: PlaylistCache
    package let segments: SegmentCache
    package let logger: Logger
    /// A clock that was set back by more is not simply waited for, milliseconds.
    package static let largestSetback: Int64 = 60_000

    private let status = Mutex(FeedStatus())
    private let feed: NIOLoopBoundBox<StreamFeed>

    package init(
        _ definition: StreamDefinition,
        grid: SlotGrid,
        stored: ArchivedStream? = nil,
        hotSeconds: Int = 900,
        hlsWindow: Int,
        time: StationTime,
        group: any EventLoopGroup,
        home: any EventLoop,
        logger: Logger
    ) {
        var logger = logger
        logger[metadataKey: "stream"] = "\(definition.name)"
        self.definition = definition
        self.logger = logger
        // What is stored has its own grid, by which its segments are numbered.
        let grid = stored?.grid ?? grid
        self.stored = stored
        self.store = SegmentStore(
            grid: grid,
            seconds: definition.seconds,
            hotSeconds: stored == nil ? definition.seconds : hotSeconds,
            archive: stored?.archive,
            newest: stored?.newest
        )
        self.fanout = Fanout(group: group)
        self.playlists = PlaylistCache(name: definition.name, store: self.store, window: hlsWindow)
        self.segments = SegmentCache(grid: grid)
        let feed = StreamFeed(
            grid: grid,
            store: self.store,
            stored: stored,
            fanout: self.fanout,
            time: time,
            loop: home,
            logger: logger
        )
        self.feed = .makeBoxSendingValue(feed, eventLoop: home)
        // A stream that goes on keeps the title that was on.
        if let title = definition.title, stored?.newest == nil {
            self.announce(title, url: definition.url, at: Timestamp(milliseconds: 0))
        }
    }

    package var name: String { self.definition.name }

    package var feedStatus: FeedStatus { self.status.withLock { $0 } }

    /// Makes a title take effect at the first unpublished frame not before a moment.
    package func announce(_ text: String, url: String?, at moment: Timestamp) {
        let title = Title(time: moment, text: text, url: url)
        self.onFeed { $0.announce(title) }
    }

    /// Begins to let the station's time pass on the stream; `interval` between looks.
    ///
    /// The future is done when the stream has come up to the present: what it was down for is known then.
    package func start(every interval: TimeAmount) -> EventLoopFuture<Void> {
        let started = self.feed.eventLoop.makePromise(of: Void.self)
        self.onFeed { feed in
            feed.start(
                every: interval,
                report: { status in self.status.withLock { $0 = status } },
                started: { started.succeed() }
            )
        }
        return started.futureResult
    }

    /// Why sources cannot be taken, `nil` when they can: audio cannot be dated before what is stored.
    package func reasonToRefuseSources(at now: Timestamp) -> String? {
        guard let newest = self.stored?.newest?.summary.end, newest.millisecondsSince(now) > Self.largestSetback,
            self.store.liveEdgeTime == newest
        else { return nil }
        return "its stored audio ends at \(newest.rfc3339), in the future: the clock was set back; set it right, or"
            + " delete the rewind"
    }

    /// Forgets the rewind, on disk too; what is on air goes on.
    package func reset() -> EventLoopFuture<Void> {
        let emptied = self.stored?.reset() ?? self.feed.eventLoop.makeSucceededVoidFuture()
        return emptied.hop(to: self.feed.eventLoop).map {
            self.feed.value.reset()
            self.playlists.forget()
            self.segments.forget()
        }
    }

    /// Ends sources and listeners.
    package func stop() {
        self.onFeed { $0.stop() }
        self.fanout.closeAll()
    }

    /// Runs `action` with the feed, on the home loop.
    func onFeed(_ action: @escaping @Sendable (StreamFeed) -> Void) {
        let feed = self.feed
        feed.eventLoop.execute { action(feed.value) }
    }
}

// StreamStatus: a stream as the API shows it.

internal import Archive
internal import Ingest
internal import LegacyOutputs
internal import Origin
internal import Segmenter

/// A stream as the API shows it; `key`, `vitals`, `source` and `rewind` have StreamMachine's names.
struct StreamStatus: Encodable, Sendable {
    struct Vitals: Encodable, Sendable {
        let codec: String
        let sampleRate: Int32
        let channels: UInt8
        let framesPerSec: Double
    }

    struct Source: Encodable, Sendable {
        let peer: String
        let userAgent: String?
        let name: String?
        let bitrate: Int?
        let connectedAt: String
        /// Sources that wait behind the live one.
        let standby: Int
        let clockErrorMilliseconds: Double
        let droppedFrames: Int
        let clockSteps: Int
    }

    struct Rewind: Encodable, Sendable {
        /// Seconds that can be played, and the configured depth.
        let seconds: Double
        let limit: Int
        let oldest: String?
        let newest: String?
        let firstSlot: Int64?
        let lastSlot: Int64?
        /// What is on disk, `nil` without a store.
        let store: Store?
    }

    struct Store: Encodable, Sendable {
        let bytes: Int
        /// Parts that listeners had before the disk.
        let publishedUnwritten: Int
        /// Parts that left memory before they could be written.
        let lostParts: Int
        let damagedParts: Int
        /// Why it cannot be written, when it cannot.
        let failure: String?
    }

    struct TitleStatus: Encodable, Sendable {
        let title: String
        let url: String?
        let time: String
    }

    let key: String
    let listeners: Int
    let vitals: Vitals?
    let source: Source?
    let rewind: Rewind
    let title: TitleStatus?

    init(_ stream: Stream) {
        let status = stream.feedStatus
        self.key = stream.name
        self.listeners = stream.fanout.count
        self.vitals = status.format.map { format in
            Vitals(
                codec: format.codec.title,
                sampleRate: format.sampleRate,
                channels: format.channels,
                framesPerSec: Double(format.sampleRate) / Double(format.samplesPerFrame)
            )
        }
        self.source = status.source.map { Source($0, status) }
        self.rewind = Rewind(stream)
        self.title = status.title.map { TitleStatus(title: $0.text, url: $0.url, time: $0.time.rfc3339) }
    }
}

extension StreamStatus.Source {
    init(_ source: Stream.LiveSource, _ status: Stream.FeedStatus) {
        self.init(
            peer: source.peer,
            userAgent: source.userAgent,
            name: source.description.name,
            bitrate: source.description.bitrate,
            connectedAt: source.connected.rfc3339,
            standby: status.standbySources,
            clockErrorMilliseconds: Double(status.clockErrorMicroseconds) / 1_000,
            droppedFrames: status.droppedFrames,
            clockSteps: status.steps
        )
    }
}

extension StreamStatus.Rewind {
    init(_ stream: Stream) {
        let oldest = stream.store.oldestTime
        let newest = stream.store.liveEdgeTime
        let slots = stream.store.slots
        self.init(
            seconds: oldest.flatMap { from in newest.map { Double($0.millisecondsSince(from)) / 1_000 } } ?? 0,
            limit: stream.definition.seconds,
            oldest: oldest?.rfc3339,
            newest: newest?.rfc3339,
            firstSlot: slots?.lowerBound,
            lastSlot: slots?.upperBound,
            store: stream.stored.map { StreamStatus.Store($0, stream.feedStatus) }
        )
    }
}

extension StreamStatus.Store {
    init(_ stored: ArchivedStream, _ status: Stream.FeedStatus) {
        self.init(
            bytes: stored.archive.octets,
            publishedUnwritten: status.publishedUnwritten,
            lostParts: stored.status.lostParts,
            damagedParts: stored.archive.damagedParts,
            failure: stored.status.warning
        )
    }
}

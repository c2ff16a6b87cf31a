// PlaylistCache: a stream's playlists, rendered once for all who ask.

package import HLS
internal import NIOCore
package import Segmenter
internal import Synchronization

/// A stream's playlists: each rendered and compressed at the first request after a segment, then shared.
package final class PlaylistCache: Sendable {
    /// Which playlist of a stream: where it stands decides how its URIs begin.
    package enum Kind: Hashable, Sendable {
        /// `/{stream}.m3u8`.
        case stream(Container)
        /// `/{stream}/{container}/live.m3u8`.
        case container(Container)
        /// `/{stream}/master.m3u8`.
        case multivariant
    }

    private struct Rendered {
        let slot: Int64
        let content: PreparedContent
    }

    private struct Resumed {
        let resumption: Int64
        let floor: Int64
    }

    /// A playlist never names the oldest minute of the window, which may be gone before it is asked for.
    private static let unlistedMilliseconds: Int64 = 60_000
    private static let segmentsToMeasure = 3
    private static let slotsBeforeNewAudio: Int64 = 4
    /// A transport stream of MP3 adds about a tenth.
    private static let containerOverhead: Int64 = 10
    static let contentType = "application/vnd.apple.mpegurl"

    private let name: String
    private let store: SegmentStore
    private let listed: Int
    /// Where playlists begin behind the newest outage, once there was audio behind it.
    private let resumed = Mutex<Resumed?>(nil)
    private let rendered = Mutex<[Kind: Rendered]>([:])

    /// Makes the playlists of a stream, `window` seconds long.
    package init(name: String, store: SegmentStore, window: Int) {
        let milliseconds = store.grid.segmentMilliseconds
        let wanted = Int((Int64(window) * 1_000 + milliseconds - 1) / milliseconds)
        let unlisted = Int((Self.unlistedMilliseconds + milliseconds - 1) / milliseconds)
        self.name = name
        self.store = store
        self.listed = max(3, min(wanted, store.depth - unlisted))
    }

    /// The playlist as of the newest complete segment, `nil` before there is one.
    package func content(_ kind: Kind) -> PreparedContent? {
        guard let slot = self.store.lastCompleteSlot else { return nil }
        if let known = self.rendered.withLock({ $0[kind] }), known.slot == slot { return known.content }
        guard let body = self.render(kind) else { return nil }
        let content = PreparedContent(body, contentType: Self.contentType, maxAges: self.maxAges(of: kind))
        self.rendered.withLock { $0[kind] = Rendered(slot: slot, content: content) }
        return content
    }

    /// Forgets what was rendered.
    func forget() {
        self.rendered.withLock { $0.removeAll() }
        self.resumed.withLock { $0 = nil }
    }

    /// How long a playlist may be cached: until the next segment, at most half a target duration, at least a second.
    private func maxAges(of kind: Kind) -> ClosedRange<Int> {
        kind == .multivariant ? 30...30 : 1...max(1, Int(self.store.grid.segmentMilliseconds / 2_000) + 1)
    }

    private func render(_ kind: Kind) -> ByteBuffer? {
        let grid = self.store.grid
        switch kind {
        case .stream(let container):
            let prefix = "\(self.name)/\(container.rawValue)/"
            return MediaPlaylist(container: container, grid: grid, prefix: prefix).render(self.listedSegments)
        case .container(let container):
            return MediaPlaylist(container: container, grid: grid, prefix: "").render(self.listedSegments)
        case .multivariant:
            let segments = self.store.newestComplete(self.listed)
            guard let format = segments.last?.header.format else { return nil }
            let container = Container.standard(for: format.codec)
            guard let bandwidth = self.bandwidth(of: segments, in: container) else { return nil }
            let uri = "\(container.rawValue)/live.m3u8"
            return MultivariantPlaylist(
                variants: [.init(uri: uri, bandwidth: bandwidth, codecs: format.codecString)]
            ).render()
        }
    }

    /// The segments of a live playlist.
    ///
    /// Behind an outage that is computed it begins at most four slots before the new audio, so that a player starts with that
    /// instead of in hours of silence (time-and-hls, rule 1).
    private var listedSegments: [SegmentSummary] {
        self.store.newestSummaries(self.listed, from: self.floor)
    }

    /// The slot before which a live playlist lists nothing; it never goes back.
    private var floor: Int64 {
        guard let last = self.store.lastCompleteSlot,
            let resumption = self.store.archive?.resumption(notAfter: last)
        else { return .min }
        if let known = self.resumed.withLock({ $0 }), known.resumption == resumption { return known.floor }
        guard let audible = (resumption...last).first(where: { self.store.summary(ofSlot: $0)?.isSilent == false })
        else { return resumption }
        let floor = max(resumption, audible - Self.slotsBeforeNewAudio)
        self.resumed.withLock { $0 = Resumed(resumption: resumption, floor: floor) }
        return floor
    }

    /// The bit rates of the audio, silence left out: it would declare far less than what follows.
    private func bandwidth(of segments: [Segment], in container: Container) -> Bandwidth? {
        let audible = segments.filter { !$0.isSilent }
        let measured = Bandwidth(of: audible, in: container, grid: self.store.grid)
        if let measured, audible.count >= Self.segmentsToMeasure { return measured }
        // A stream that has just begun has no whole segment of audio; its newest part tells the rate.
        let newest = self.newestPartRate.map { $0 + $0 / Self.containerOverhead }
        guard let peak = [measured?.peak, newest].compactMap({ $0 }).max() else { return nil }
        return Bandwidth(peak: peak, average: peak)
    }

    /// Bits per second of the frames in the newest part.
    private var newestPartRate: Int64? {
        guard let segment = self.store.newest, let part = segment.parts.last, part.frameCount > 0 else {
            return nil
        }
        let samples = Int64(part.frameCount) * Int64(segment.header.format.samplesPerFrame)
        return Int64(part.bytes.readableBytes) * 8 * Int64(segment.header.format.sampleRate) / samples
    }
}

extension Container {
    /// The container that most players take for a codec: MP3 only in a transport stream (Chromium fails on packed MP3).
    package static func standard(for codec: AudioFormat.Codec) -> Container {
        switch codec {
        case .mp3: .transportStream
        case .aac: .packedAudio
        }
    }
}

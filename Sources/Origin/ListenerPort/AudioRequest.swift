// AudioRequest: what a request for a stream's audio gets.

internal import Segmenter
internal import Wire

/// What a request for a stream's audio gets, decided from its parameters, the store and the station's time.
enum AudioRequest {
    case begin(FramePlace, isTimeAddressed: Bool)
    case download(Excerpt)
    /// The decision depends on the audio of a slot that has left memory.
    case needs(slot: Int64)
    case refuse(Problem)

    init(_ query: QueryParameters, stream: Stream, now: Timestamp, loaded: [Segment] = []) {
        guard let oldest = stream.store.oldestTime, let newest = stream.store.liveEdgeTime else {
            self = .refuse(.noAudioYet(stream.name))
            return
        }
        do {
            if let span = try DownloadParameter(query) {
                self = Self.download(span, stream, now: now, oldest: oldest, newest: newest, loaded)
                return
            }
            switch try TimeParameter(query) {
            case .live:
                let burst = Int64(stream.definition.burst * 1_000)
                self = Self.begin(stream.store.livePlace(burst: burst, with: loaded), stream, isTimeAddressed: false)
            case .behind(let distance):
                let wanted = min(now.advanced(byMilliseconds: -distance), newest.advanced(byMilliseconds: -1_000))
                self = Self.rewound(max(wanted, oldest), stream, loaded)
            case .moment(let moment) where moment >= oldest && moment <= newest:
                self = Self.rewound(moment, stream, loaded)
            case .moment:
                self = .refuse(.outsideWindow(oldest: oldest, newest: newest))
            }
        } catch {
            self = .refuse(Problem(.badRequest, error.message))
        }
    }

    /// From the first frame not before a moment; when there is none yet, the next that comes.
    private static func rewound(_ moment: Timestamp, _ stream: Stream, _ loaded: [Segment]) -> AudioRequest {
        var place = stream.store.place(notBefore: moment, with: loaded)
        if case .nothing = place { place = stream.store.livePlace(burst: 0, with: loaded) }
        return Self.begin(place, stream, isTimeAddressed: true)
    }

    private static func begin(_ place: PlaceLookUp, _ stream: Stream, isTimeAddressed: Bool) -> AudioRequest {
        switch place {
        case .found(let place): .begin(place, isTimeAddressed: isTimeAddressed)
        case .needs(let slot): .needs(slot: slot)
        case .nothing: .refuse(.noAudioYet(stream.name))
        }
    }

    /// `from` before the oldest and `to` in the future are clamped (contract §3).
    private static func download(
        _ span: DownloadParameter,
        _ stream: Stream,
        now: Timestamp,
        oldest: Timestamp,
        newest: Timestamp,
        _ loaded: [Segment]
    ) -> AudioRequest {
        let wanted = span.moments(at: now)
        let from = max(wanted.from, oldest)
        let to = min(wanted.to ?? newest, newest)
        guard from < to else { return .refuse(.emptyRange(oldest: oldest, newest: newest)) }
        switch stream.store.excerpt(from: from, to: to, with: loaded) {
        case .found(let excerpt): return .download(excerpt)
        case .needs(let slot): return .needs(slot: slot)
        case .nothing: return .refuse(.emptyRange(oldest: oldest, newest: newest))
        }
    }
}

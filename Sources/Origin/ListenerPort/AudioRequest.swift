// AudioRequest: where a raw or ICY listener begins.

internal import Segmenter
internal import Wire

/// Where a raw or ICY listener begins, decided from its request, the store and the station's time.
enum AudioRequest {
    case begin(FramePlace, isTimeAddressed: Bool)
    case refuse(Problem)

    init(_ query: QueryParameters, stream: Stream, now: Timestamp) {
        guard let oldest = stream.store.slots, let newest = stream.store.liveEdgeTime, oldest.count > 0 else {
            self = .refuse(.noAudioYet(stream.name))
            return
        }
        do {
            switch try TimeParameter(query) {
            case .live:
                self = Self.live(stream)
            case .behind(let distance):
                self = Self.behind(distance, stream, now: now, newest: newest)
            case .moment(let moment):
                self = Self.moment(moment, stream, newest: newest)
            }
        } catch {
            self = .refuse(Problem(.badRequest, error.message))
        }
    }

    private static func live(_ stream: Stream) -> AudioRequest {
        guard let place = stream.store.livePlace(burst: Int64(stream.definition.burst * 1_000)) else {
            return .refuse(.noAudioYet(stream.name))
        }
        return .begin(place, isTimeAddressed: false)
    }

    private static func behind(_ distance: Int64, _ stream: Stream, now: Timestamp, newest: Timestamp) -> AudioRequest {
        let wanted = min(now.advanced(byMilliseconds: -distance), newest.advanced(byMilliseconds: -1_000))
        guard let oldest = stream.store.oldestAudible,
            let place = stream.store.place(notBefore: max(wanted, oldest.time)) ?? stream.store.livePlace(burst: 0)
        else { return .refuse(.noAudioYet(stream.name)) }
        return .begin(place, isTimeAddressed: true)
    }

    private static func moment(_ moment: Timestamp, _ stream: Stream, newest: Timestamp) -> AudioRequest {
        guard let oldest = stream.store.oldestAudible else { return .refuse(.noAudioYet(stream.name)) }
        guard moment >= oldest.time, moment <= newest,
            let place = stream.store.place(notBefore: moment) ?? stream.store.livePlace(burst: 0)
        else {
            return .refuse(.outsideWindow(oldest: oldest.time, newest: newest))
        }
        return .begin(place, isTimeAddressed: true)
    }
}

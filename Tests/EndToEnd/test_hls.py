"""HLS: playlists by the rules, segments that hold the source's frames and nothing else, and how both are served."""

from __future__ import annotations

import gzip
import re

import pytest

import frames
import hls
import id3
import playlist
import transport_stream
from conditions import wait_until
from conftest import Feed, Feeds
from web import Answer, fetch, resolve

SLOT = 5_760
# Path, container, stream.
PLAYLISTS = [
    ("/test.m3u8", "ts", "mp3"), ("/test/ts/live.m3u8", "ts", "mp3"), ("/test/packed/live.m3u8", "packed", "mp3"),
    ("/aac.m3u8", "packed", "aac"), ("/aac/packed/live.m3u8", "packed", "aac"), ("/aac/ts/live.m3u8", "ts", "aac"),
    ("/paced.m3u8", "ts", "paced"),
]
MEDIA_TYPES = {("ts", "mp3"): "video/mp2t", ("ts", "aac"): "video/mp2t", ("ts", "paced"): "video/mp2t",
               ("packed", "mp3"): "audio/mpeg", ("packed", "aac"): "audio/aac"}
every_playlist = pytest.mark.parametrize(("path", "container", "stream"), PLAYLISTS)


def feed(feeds: Feeds, stream: str) -> Feed:
    """A feed by name."""
    return {"mp3": feeds.mp3, "aac": feeds.aac, "paced": feeds.paced}[stream]


@pytest.fixture(scope="module")
def grown(feeds: Feeds) -> Feeds:
    """The common server, once its playlists list several slots of audio behind the four silent ones."""
    for path, _, _ in PLAYLISTS:
        hls.wait_for_segments(feeds.server.port, path, 8, timeout=60)
    return feeds


@every_playlist
def test_a_live_playlist_keeps_every_rule(grown: Feeds, path: str, container: str, stream: str) -> None:
    loaded = hls.load(grown.server.port, path)
    playlist.check_live(loaded)
    assert loaded.target_duration == 6 and loaded.version >= 3
    first = loaded.segments[0]
    assert first.date is not None and loaded.media_sequence == first.date // SLOT
    # With no history it starts at the first slot's number (rule 11); no discontinuity has happened since.
    assert loaded.discontinuity_sequence > 0 and not any(segment.is_discontinuous for segment in loaded.segments)


def test_the_containers_of_a_stream_list_the_same_slots(grown: Feeds) -> None:
    for stream in ("test", "aac"):
        in_ts, packed = (hls.load(grown.server.port, f"/{stream}/{kind}/live.m3u8") for kind in ("ts", "packed"))
        last = min(in_ts.segments[-1].number, packed.segments[-1].number)
        first = max(in_ts.media_sequence, packed.media_sequence)
        assert last - first >= 6 and in_ts.discontinuity_sequence == packed.discontinuity_sequence
        for number in range(first, last + 1):
            one, other = in_ts.segment(number), packed.segment(number)
            assert (one.date, one.duration) == (other.date, other.duration)


@pytest.mark.parametrize("stream", ["mp3", "aac", "paced"])
def test_a_cold_start_is_listed_at_once_with_four_silent_slots(grown: Feeds, stream: str) -> None:
    this = feed(grown, stream)
    assert this.playlist_after < 8, "a player must not wait longer than for one slot"
    path = f"/{this.name}.m3u8"
    loaded = hls.load(grown.server.port, path)
    segments = hls.fetch_all(grown.server.port, path, loaded.segments[:6])
    for segment in segments[:4]:
        assert all(frame.is_silent for frame in segment.frames), f"slot {segment.listed.number} holds audio"
    assert any(this.recording.place(frame) is not None for segment in segments[4:] for frame in segment.frames)


@every_playlist
def test_the_segments_hold_the_sources_frames_without_a_gap(
    grown: Feeds, path: str, container: str, stream: str,
) -> None:
    this = feed(grown, stream)
    loaded = hls.load(grown.server.port, path)
    segments = hls.fetch_all(grown.server.port, path, loaded.segments)
    found = hls.concatenated(segments)
    sounding = frames.without_leading_silence(found)
    run = this.recording.run(sounding)
    assert run.count * this.recording.frame_seconds > 15
    check_durations(segments)
    check_timestamps(segments)


def check_durations(segments: list[hls.FetchedSegment]) -> None:
    """EXTINF is the sample count, and the sum over all is as exact."""
    rate = segments[0].frames[0].rate
    for segment in segments:
        assert segment.listed.duration == pytest.approx(segment.samples / rate, abs=1e-5)
    total = sum(segment.samples for segment in segments) / rate
    assert sum(segment.listed.duration for segment in segments) == pytest.approx(total, abs=1e-5 * len(segments))


def check_timestamps(segments: list[hls.FetchedSegment]) -> None:
    """Container time counts samples from the first segment on, whatever the dates do (rule 2)."""
    rate, samples = segments[0].frames[0].rate, 0
    for segment in segments:
        elapsed = (segment.timestamp - segments[0].timestamp) % (1 << 33)
        assert abs(elapsed - samples * 90_000 / rate) <= 1, f"slot {segment.listed.number} is off by ticks"
        samples += segment.samples


@pytest.mark.parametrize("path", ["/test/ts/live.m3u8", "/aac/ts/live.m3u8"])
def test_transport_streams_join_without_a_break_in_their_counters(grown: Feeds, path: str) -> None:
    loaded = hls.load(grown.server.port, path)
    segments = hls.fetch_all(grown.server.port, path, loaded.segments)
    stream = transport_stream.demultiplex(b"".join(segment.data for segment in segments))
    assert frames.whole(stream.audio) == hls.concatenated(segments)
    assert stream.audio_type == (transport_stream.ADTS if path.startswith("/aac") else stream.audio_type)
    for segment in segments:
        single = transport_stream.demultiplex(segment.data)
        assert single.packets_by_pid[single.audio_pid] % 16 == 0, "rule 8: audio packets are a multiple of 16"


@pytest.mark.parametrize("stream", ["test", "aac"])
def test_packed_and_transport_segments_of_a_slot_agree(grown: Feeds, stream: str) -> None:
    in_ts, packed = (hls.load(grown.server.port, f"/{stream}/{kind}/live.m3u8") for kind in ("ts", "packed"))
    for number in range(in_ts.segments[-4].number, in_ts.segments[-1].number):
        one = hls.fetch_segment(grown.server.port, f"/{stream}/ts/live.m3u8", in_ts.segment(number))
        other = hls.fetch_segment(grown.server.port, f"/{stream}/packed/live.m3u8", packed.segment(number))
        assert one.frames == other.frames
        assert one.timestamp == other.timestamp == id3.take(other.data)[0].timestamp


def test_the_playlist_only_grows_at_its_end(grown: Feeds) -> None:
    before = hls.load(grown.server.port, "/test.m3u8")
    after = hls.wait_for_segments(grown.server.port, "/test.m3u8", 1, 15, after=before.segments[-1].number)
    assert after.media_sequence == before.media_sequence
    listed = [(segment.number, segment.uri, segment.date, segment.duration) for segment in before.segments]
    assert [(segment.number, segment.uri, segment.date, segment.duration)
            for segment in after.segments][:len(listed)] == listed


def latest(feeds: Feeds, path: str = "/test.m3u8") -> tuple[str, playlist.MediaSegment]:
    """The last listed segment and the target it is found at."""
    segment = hls.load(feeds.server.port, path).segments[-1]
    return resolve(path, segment.uri), segment


@every_playlist
def test_playlists_are_gzipped_tagged_and_cacheable(grown: Feeds, path: str, container: str, stream: str) -> None:
    def pair() -> tuple[Answer, Answer] | None:
        plain = fetch(grown.server.port, path)
        small = fetch(grown.server.port, path, headers={"Accept-Encoding": "gzip"})
        return (plain, small) if gzip.decompress(small.body) == plain.body else None
    plain, small = wait_until(pair, 10, "the same playlist plain and gzipped")
    assert small.headers["content-encoding"] == "gzip" and len(small.body) < len(plain.body)
    assert "content-encoding" not in plain.headers
    assert plain.headers["etag"] != small.headers["etag"] and not plain.headers["etag"].startswith("W/")
    assert "accept-encoding" in plain.headers["vary"].lower()
    assert "last-modified" not in plain.headers
    age = re.search(r"max-age=(\d+)", plain.headers["cache-control"])
    assert age is not None and int(age[1]) <= 6


def test_an_unchanged_playlist_is_a_304(grown: Feeds) -> None:
    def unchanged() -> Answer | None:
        tag = fetch(grown.server.port, "/test.m3u8").headers["etag"]
        answer = fetch(grown.server.port, "/test.m3u8", headers={"If-None-Match": tag})
        return answer if answer.status == 304 else None
    answer = wait_until(unchanged, 5, "a 304 between two changes of the playlist")
    assert answer.body == b"" and answer.headers["etag"]
    assert fetch(grown.server.port, "/test.m3u8", headers={"If-None-Match": '"other"'}).status == 200


@pytest.mark.parametrize(("path", "container", "stream"), PLAYLISTS[:6])
def test_segments_are_immutable_typed_and_tagged(grown: Feeds, path: str, container: str, stream: str) -> None:
    target, _ = latest(grown, path)
    answer = fetch(grown.server.port, target)
    assert answer.headers["content-type"] == MEDIA_TYPES[container, stream]
    assert "immutable" in answer.headers["cache-control"]
    assert int(answer.headers["content-length"]) == len(answer.body)
    again = fetch(grown.server.port, target, headers={"If-None-Match": answer.headers["etag"]})
    assert again.status == 304 and again.body == b""
    assert fetch(grown.server.port, target).body == answer.body


def test_ranges_of_a_segment(grown: Feeds) -> None:
    target, _ = latest(grown)
    whole = fetch(grown.server.port, target).body
    size = len(whole)
    for asked, first, last in (("0-99", 0, 99), ("188-", 188, size - 1), ("-10", size - 10, size - 1),
                               (f"5-{size * 9}", 5, size - 1)):
        answer = fetch(grown.server.port, target, headers={"Range": f"bytes={asked}"})
        assert answer.status == 206 and answer.headers["content-range"] == f"bytes {first}-{last}/{size}"
        assert answer.body == whole[first:last + 1]
    beyond = fetch(grown.server.port, target, headers={"Range": f"bytes={size}-"})
    assert beyond.status == 416 and beyond.headers["content-range"] == f"bytes */{size}"


def test_head_is_get_without_the_body(grown: Feeds) -> None:
    target, _ = latest(grown)
    for path in (target, "/test/master.m3u8"):
        head, get = fetch(grown.server.port, path, method="HEAD"), fetch(grown.server.port, path)
        assert head.status == 200 and head.body == b""
        for name in ("content-type", "content-length", "etag", "cache-control"):
            assert head.headers.get(name) == get.headers.get(name)


@pytest.mark.parametrize("path", ["/test.m3u8", "/test/master.m3u8", "/test", "segment"])
def test_other_origins_may_read_everything(grown: Feeds, path: str) -> None:
    target = latest(grown)[0] if path == "segment" else path
    answer = fetch(grown.server.port, target, method="HEAD", headers={"Origin": "https://radio.example"})
    assert answer.headers["access-control-allow-origin"] in ("*", "https://radio.example")
    preflight = fetch(grown.server.port, target, method="OPTIONS", headers={
        "Origin": "https://radio.example", "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "range, icy-metadata"})
    assert preflight.status == 204 and preflight.body == b""
    assert {"GET", "HEAD"} <= set(re.split(r",\s*", preflight.headers["access-control-allow-methods"]))
    allowed = preflight.headers["access-control-allow-headers"].lower()
    assert {"range", "icy-metadata"} <= set(re.split(r",\s*", allowed))


@pytest.mark.parametrize("offset", [1_000, -1_000_000, 10**12])
def test_a_slot_that_is_not_listed_is_a_404(grown: Feeds, offset: int) -> None:
    target, segment = latest(grown)
    assert str(segment.number) in target
    answer = fetch(grown.server.port, target.replace(str(segment.number), str(segment.number + offset)))
    assert answer.status == 404 and len(answer.body) < 2_000


@pytest.mark.parametrize(("stream", "codec"), [("test", "mp4a.40.34"), ("aac", "mp4a.40.2")])
def test_the_multivariant_playlist_tells_the_truth(grown: Feeds, stream: str, codec: str) -> None:
    path = f"/{stream}/master.m3u8"
    answer = fetch(grown.server.port, path)
    assert answer.status == 200 and answer.headers["content-type"].startswith("application/vnd.apple.mpegurl")
    for variant in playlist.parse_multivariant(answer.text):
        assert "://" not in variant.uri and not variant.uri.startswith("/")
        target = resolve(path, variant.uri)
        segments = hls.fetch_all(grown.server.port, target, hls.load(grown.server.port, target).segments[-3:])
        peak = max(len(segment.data) * 8 / segment.listed.duration for segment in segments)
        assert variant.attributes["CODECS"] == codec
        bandwidth, average = (int(variant.attributes[name]) for name in ("BANDWIDTH", "AVERAGE-BANDWIDTH"))
        assert average <= bandwidth and peak <= bandwidth * 1.25 and bandwidth <= peak * 1.5


def test_a_stream_without_audio_says_so_and_an_unknown_one_what_exists(feeds: Feeds) -> None:
    for path in ("/idle", "/idle.m3u8", "/idle/ts/live.m3u8"):
        answer = fetch(feeds.server.port, path)
        assert answer.status == 503 and int(answer.headers["retry-after"]) > 0
    for path in ("/nosuch", "/nosuch.m3u8", "/nosuch/ts/live.m3u8", "/test/nosuch/live.m3u8"):
        assert fetch(feeds.server.port, path).status == 404
    assert "test" in fetch(feeds.server.port, "/nosuch").text

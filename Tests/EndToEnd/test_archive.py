"""What was on air stays: after kills and restarts, in downloads, and in every output once it is only on disk."""

from __future__ import annotations

import http.client
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

import frames
import hls
import kills
import playlist
from archive import (
    Clock,
    Download,
    Station,
    SteadyEncoder,
    archive,
    download,
    wait_for_audio,
    wait_for_time,
)
from audio import RecordingFile
from recorder import Run, SegmentRecorder
from web import HOST, Answer, Listener, fetch

STREAMS = ("mp3", "aac")
RATE = 20
SLOT = 5_760
# The dozen kills of every run; tools/soak has a hundred, with a seed of its own.
KILLS, SEED = 12, 20_261_123
# How much is on air before its past is looked at, of which `store.hot_seconds` keeps the last minute in memory.
DEPTH = 240
TITLES = ("Motörhead – Ace of Spades", "Second Song")
# The test's clock may be ahead of the server's by what a start takes, RATE times.
AHEAD = 8.0


@dataclass(slots=True)
class Growing:
    """A station that records its own past while other tests run: live listeners and a player on each stream."""

    station: Station
    began: float
    players: dict[str, SegmentRecorder]
    icy: dict[str, Listener]

    @property
    def port(self) -> int:
        """The port for listeners."""
        return self.station.port


@dataclass(slots=True)
class Past:
    """The same, once most of it is on disk alone: what players fetched live, and downloads made while it was fresh."""

    station: Station
    runs: dict[str, Run]
    players: dict[str, SegmentRecorder]
    icy: dict[str, Listener]
    fresh: dict[str, Download]

    @property
    def port(self) -> int:
        """The port for listeners."""
        return self.station.port

    def cold(self, stream: str, seconds: float = 30) -> tuple[int, int]:
        """A stretch of audio that has left the memory long ago, in milliseconds."""
        end = self.runs[stream].times[-1] - 120_000
        return math.ceil(end - seconds * 1_000), math.ceil(end)


def set_title(station: Station, stream: str, title: str) -> None:
    """Sets a title over the API."""
    answer = fetch(station.server.api_port, f"/api/streams/{stream}/metadata", method="POST",
                   headers={"Content-Type": "application/json"}, body=json.dumps({"title": title}).encode())
    assert answer.status == 200, answer.text


@pytest.fixture(scope="module")
def growing(recordings: dict[str, RecordingFile], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Growing]:
    """Starts the station and does not wait."""
    clock = Clock(RATE)
    streams = {name: {"burst": 10, "meta_interval": 1_024, "seconds": 3_600} for name in STREAMS}
    with Station(tmp_path_factory.mktemp("past"), streams, clock) as station:
        station.start()
        encoders = [SteadyEncoder(station.server.source_port, name, recordings[name], clock) for name in STREAMS]
        for name in STREAMS:
            wait_for_audio(station.port, name)
        players = {name: SegmentRecorder(station.port, f"/{name}.m3u8") for name in STREAMS}
        icy = {name: Listener(station.port, f"/{name}?offset=1", icy=True) for name in STREAMS}
        for title in TITLES:
            for name in STREAMS:
                set_title(station, name, title)
            wait_for_time(clock, clock.now() + 15)
        yield Growing(station, clock.now(), players, icy)
        for encoder in encoders:
            encoder.stop()


@pytest.fixture(scope="module")
def past(growing: Growing) -> Past:
    """Waits until there is a past: more audio than the memory holds; the newest is downloaded before it grows cold."""
    wait_for_time(growing.station.clock, growing.began + DEPTH)
    runs, fresh = {}, {}
    for name in STREAMS:
        growing.players[name].stop()
        growing.icy[name].close()
        runs[name] = Run(list(growing.players[name].segments.values()))
        end = math.floor(runs[name].times[-1])
        fresh[name] = download(growing.port, name, f"from={end - 50_000}&to={end}")
    return Past(growing.station, runs, growing.players, growing.icy, fresh)


def test_nothing_that_was_heard_or_listed_is_lost_by_kills(
    growing: Growing, recordings: dict[str, RecordingFile], tmp_path: Path,
) -> None:
    tally = kills.Kills(tmp_path, recordings, SEED).run(KILLS)
    assert tally.rounds == KILLS and tally.audio_bytes > 100_000 * KILLS and tally.segments > 20


@pytest.mark.parametrize("shift", [-1, 0, 1])
@pytest.mark.parametrize("stream", STREAMS)
def test_a_download_has_exactly_the_frames_between_two_times(past: Past, stream: str, shift: int) -> None:
    run = past.runs[stream]
    start, end = past.cold(stream)
    # Just before, on and just behind a frame, and around a slot's edge.
    for first, last in ((run.times[run.index(start)], run.times[run.index(end)]), (start // SLOT * SLOT, end)):
        begin, finish = math.floor(first) + shift, math.floor(last) + shift
        found = download(past.port, stream, f"from={begin}&to={finish}")
        assert [frame.data for frame in found.frames] == run.between(begin, finish)
        assert found.start == math.floor(run.times[run.index(begin)] + 1e-6)


@pytest.mark.parametrize("stream", STREAMS)
def test_a_download_has_the_frames_that_the_encoder_sent(
    past: Past, recordings: dict[str, RecordingFile], stream: str,
) -> None:
    recording = recordings[stream].recording
    gaps = archive(past.port, stream).gaps
    start, end = past.cold(stream, seconds=100)
    found = download(past.port, stream, f"from={start}&to={end}")
    pieces: list[list[frames.Frame]] = [[]]
    for number, frame in enumerate(found.frames):
        at = found.start + number * found.milliseconds / len(found.frames)
        if recording.place(frame) is None:
            # A stall of this machine is silence, and said to be.
            assert any(gap.start - 100 <= at <= gap.end + 200 for gap in gaps), f"a frame of no source at {at}: {gaps}"
            pieces.append([])
        else:
            pieces[-1].append(frame)
    runs = [recording.run(piece) for piece in pieces if piece]
    assert sum(run.count for run in runs) > len(found.frames) * 0.9


@pytest.mark.parametrize("stream", STREAMS)
def test_a_download_is_the_same_from_memory_and_from_disk(past: Past, stream: str) -> None:
    fresh = past.fresh[stream]
    end = math.floor(past.runs[stream].times[-1])
    wait_for_time(past.station.clock, end / 1_000 + 130)
    found = download(past.port, stream, f"from={end - 50_000}&to={end}")
    assert found.body == fresh.body and found.answer.headers["etag"] == fresh.answer.headers["etag"]
    assert [frame.data for frame in found.frames] == past.runs[stream].between(end - 50_000, end)


def cold_target(past: Past, stream: str) -> tuple[str, Download]:
    """The request target of a cold download, and the download."""
    start, end = past.cold(stream)
    return f"/{stream}?from={start}&to={end}", download(past.port, stream, f"from={start}&to={end}")


@pytest.mark.parametrize("stream", STREAMS)
def test_a_download_can_be_resumed(past: Past, stream: str) -> None:
    target, whole = cold_target(past, stream)
    length, etag = len(whole.body), whole.answer.headers["etag"]

    def part(value: str, condition: str | None = None) -> Answer:
        headers = {"Range": value} | ({"If-Range": condition} if condition else {})
        return fetch(past.port, target, headers=headers)
    pieces = [part("bytes=0-99999"), part("bytes=100000-200001", etag), part("bytes=200002-", etag)]
    assert [piece.status for piece in pieces] == [206, 206, 206]
    assert [piece.headers["content-range"] for piece in pieces] == [
        f"bytes 0-99999/{length}", f"bytes 100000-200001/{length}", f"bytes 200002-{length - 1}/{length}"]
    assert all(int(piece.headers["content-length"]) == len(piece.body) for piece in pieces)
    assert b"".join(piece.body for piece in pieces) == whole.body
    assert part("bytes=-1000").body == whole.body[-1_000:] and part(f"bytes=5-{length * 2}").body == whole.body[5:]
    other = part("bytes=100000-", '"another"')
    assert other.status == 200 and other.body == whole.body, "a changed file is sent anew"
    for value in (f"bytes={length}-", "bytes=-0"):
        refused = part(value)
        assert refused.status == 416 and refused.headers["content-range"] == f"bytes */{length}"


def test_head_says_what_get_would_send(past: Past) -> None:
    target, whole = cold_target(past, "mp3")
    answer = fetch(past.port, target, method="HEAD")
    assert answer.status == 200 and answer.body == b""
    for name in ("content-length", "content-type", "content-disposition", "etag", "accept-ranges", "x-start-time"):
        assert answer.headers[name] == whole.answer.headers[name]


def test_a_download_is_a_file_even_for_a_player_that_asks_for_titles(past: Past) -> None:
    target, whole = cold_target(past, "mp3")
    assert fetch(past.port, target, headers={"Icy-MetaData": "1"}).body == whole.body


def test_a_connection_goes_on_after_a_download(past: Past) -> None:
    target, whole = cold_target(past, "aac")
    connection = http.client.HTTPConnection(HOST, past.port, timeout=10)
    try:
        for method, path in (("GET", target), ("HEAD", target), ("GET", target), ("GET", "/aac/archive.json")):
            connection.request(method, path)
            answer = connection.getresponse()
            body = answer.read()
            assert answer.status == 200 and not answer.will_close
            assert path != target or body == (whole.body if method == "GET" else b"")
    finally:
        connection.close()


def test_times_can_be_written_as_in_the_rest_of_the_contract(past: Past) -> None:
    start, end = past.cold("mp3")
    expected = download(past.port, "mp3", f"from={start}&to={end}").body
    texts = [datetime.fromtimestamp(each / 1_000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
             for each in (start, end)]
    for begin, finish in (texts, (f"{start / 1_000:.3f}", f"{end / 1_000:.3f}")):
        assert download(past.port, "mp3", f"from={begin}&to={finish}").body == expected


@pytest.mark.parametrize("stream", STREAMS)
def test_pump_is_a_number_of_seconds_from_behind_live(past: Past, stream: str) -> None:
    before = past.station.clock.now()
    found = download(past.port, stream, "pump=20&from=2m30s")
    after = past.station.clock.now()
    assert before - 150 - AHEAD <= found.start / 1_000 <= after - 150 + 0.1
    assert abs(found.milliseconds - 20_000) < 40
    newest = download(past.port, stream, "pump=20")
    # Up to the newest part that is published, which is at most a part, the lateness limit and a little behind.
    assert 15_000 < newest.milliseconds <= 20_040


def test_times_beyond_the_window_are_clamped(past: Past) -> None:
    said = archive(past.port, "mp3")
    _, end = past.cold("mp3", seconds=1)
    whole = download(past.port, "mp3", f"from=0&to={end}")
    assert whole.start <= said.ranges[0].start and abs(whole.end - end) < 500
    later = round((past.station.clock.now() + 3_600) * 1_000)
    ahead = download(past.port, "mp3", f"from={round(past.station.clock.now() * 1_000) - 60_000}&to={later}")
    assert 40_000 < ahead.milliseconds < 70_000
    up_to_now = download(past.port, "mp3", f"from={round(past.station.clock.now() * 1_000) - 60_000}")
    assert 40_000 < up_to_now.milliseconds < 70_000


@pytest.mark.parametrize("kind", ["empty", "reversed", "future"])
def test_an_empty_range_is_a_404(past: Past, kind: str) -> None:
    start, end = past.cold("mp3")
    later = round((past.station.clock.now() + 3_600) * 1_000)
    query = {"empty": f"from={start}&to={start}", "reversed": f"from={end}&to={start}", "future": f"from={later}"}[kind]
    answer = fetch(past.port, f"/mp3?{query}")
    assert answer.status == 404 and answer.text


@pytest.mark.parametrize(("query", "named"), [
    ("to=1700000000", "from"), ("from=yesterday&to=1700000000", "from"), ("from=1700000000&to=soon", "to"),
    ("from=&to=", "from"), ("from=2026-01-01T00:00:00", "from"), ("pump=much", "pump"), ("pump=", "pump"),
    ("pump=-5", "pump"), ("pump=0", "pump"), ("pump=10&from=then", "from"), ("pump=" + "9" * 400, "pump"),
    ("from=nan&to=inf", "from"),
])
def test_nonsense_is_a_400_that_says_what_is_accepted(past: Past, query: str, named: str) -> None:
    for accept in ("application/json", "text/plain"):
        answer = fetch(past.port, f"/mp3?{query}", headers={"Accept": accept})
        assert answer.status == 400 and named in answer.text and len(answer.body) < 2_000
        assert any(word in answer.text for word in ("8601", "3339", "second", "from"))


@pytest.mark.parametrize("stream", STREAMS)
def test_a_rewound_listener_gets_from_disk_what_was_heard_live(past: Past, stream: str) -> None:
    run = past.runs[stream]
    start, end = past.cold(stream)
    for moment in (math.floor(run.times[run.index(start)]), start // SLOT * SLOT, end):
        with Listener(past.port, f"/{stream}?timestamp={moment}") as listener:
            check_heard(run, listener, 100_000)
            # In an outage it would begin later; the download tests hold that there is none to speak of.
            assert 0 <= playlist.milliseconds(listener.headers["x-start-time"]) - moment < 2_000
    behind = past.station.clock.now() - run.times[run.index(end)] / 1_000
    with Listener(past.port, f"/{stream}?offset={behind:.3f}") as listener:
        check_heard(run, listener, 100_000)
        at = playlist.milliseconds(listener.headers["x-start-time"]) / 1_000
        assert -AHEAD <= at - end / 1_000 <= 3


def check_heard(run: Run, listener: Listener, count: int) -> None:
    """The listener's frames are those that were on air from its X-Start-Time on, without a gap."""
    listener.wait_for_bytes(count, 20)
    heard = [frame.data for frame in listener.frames]
    first = run.index(playlist.milliseconds(listener.headers["x-start-time"]))
    expected = [frame.data for frame in run.frames[first:first + len(heard)]]
    assert heard[:len(expected)] == expected and len(expected) > 100


@pytest.mark.parametrize("stream", STREAMS)
def test_titles_stand_at_the_same_frame_live_and_from_disk(past: Past, stream: str) -> None:
    run, live = past.runs[stream], past.icy[stream]
    titles = archive(past.port, stream).titles
    assert [each["title"] for each in titles][-2:] == list(TITLES)
    moment = playlist.milliseconds(titles[-1]["time"])
    # Where the title began live: in the frames of the interval before its block.
    first = run.index(playlist.milliseconds(live.headers["x-start-time"]))
    block = next(each for each in live.blocks if each.title == TITLES[-1])
    live_at = len(frames.joined(run.frames[:first])) + block.audio_offset
    with Listener(past.port, f"/{stream}?timestamp={moment - 5_000}", icy=True) as listener:
        rewound = listener.wait_for_title(TITLES[-1], 20)
        assert listener.blocks[0].title == TITLES[0] and listener.blocks[0].audio_offset == listener.metadata_interval
        check_heard(run, listener, 100_000)
        from_start = run.index(playlist.milliseconds(listener.headers["x-start-time"]))
        cold_at = len(frames.joined(run.frames[:from_start])) + rewound.audio_offset
    # Both blocks come within one interval behind the title's first byte.
    title_at = len(frames.joined(run.frames[:run.index(moment)]))
    late = (live_at - title_at, cold_at - title_at)
    assert all(0 <= each <= 1_024 + 700 for each in late), f"bytes from the title's frame to its block: {late}"


@pytest.mark.parametrize("stream", STREAMS)
def test_segments_from_disk_are_those_that_were_listed_live(past: Past, stream: str) -> None:
    checked = 0
    for target, segment in past.players[stream].segments.items():
        assert segment.listed.date is not None
        if segment.listed.date < past.cold(stream)[1]:
            answer = fetch(past.port, target)
            assert answer.status == 200 and answer.body == segment.data, f"{target} has changed"
            checked += 1
    assert checked > 15


def test_archive_json_knows_when_there_was_audio(past: Past) -> None:
    for name in STREAMS:
        said, run = archive(past.port, name), past.runs[name]
        sound = [at for at, frame in zip(run.times, run.frames) if not frame.is_silent]
        covering = [each for each in said.ranges if each.end > sound[0]]
        assert abs(covering[0].start - sound[0]) < 30, "the first range begins with the first audio"
        inside = sum(any(each.start - 1 <= at < each.end for each in said.ranges) for at in sound)
        assert inside == len(sound), f"{len(sound) - inside} frames of the source lie in no range"


def test_a_restart_within_a_slot_leaves_one_slot_and_one_download(
    recordings: dict[str, RecordingFile], tmp_path: Path,
) -> None:
    clock = Clock(4)
    with Station(tmp_path, {name: {"burst": 10} for name in STREAMS}, clock, {"file_seconds": 3_600}) as station:
        before = restarted_at_a_slots_start(station, recordings)
        encoders = [SteadyEncoder(station.server.source_port, name, recordings[name], clock, 2_000) for name in STREAMS]
        for name in STREAMS:
            check_slot_of_restart(station, recordings, name, before[name])
        for encoder in encoders:
            encoder.stop()


def restarted_at_a_slots_start(
    station: Station, recordings: dict[str, RecordingFile],
) -> dict[str, playlist.MediaPlaylist]:
    """Feeds, and restarts the server soon after a slot's edge; returns the playlists before."""
    station.start()
    encoders = [SteadyEncoder(station.server.source_port, name, recordings[name], station.clock) for name in STREAMS]
    for name in STREAMS:
        wait_for_audio(station.port, name)
    edge = (station.clock.now() * 1_000 // SLOT + 2) * SLOT / 1_000
    # A first part and a half are published, and there is time enough to be back in the same slot.
    wait_for_time(station.clock, edge + 1.5)
    before = {name: hls.load(station.port, f"/{name}.m3u8") for name in STREAMS}
    station.stop()
    for encoder in encoders:
        encoder.stop()
    station.inspect()
    station.start()
    return before


def check_slot_of_restart(
    station: Station, recordings: dict[str, RecordingFile], name: str, before: playlist.MediaPlaylist,
) -> None:
    """The slot is listed once, full, with audio of both runs; a download across it is what the segments hold."""
    slot = before.segments[-1].number + 1
    target = f"/{name}.m3u8"
    after = hls.wait_for_segments(station.port, target, 2, 30, after=slot - 1)
    playlist.check_live(after)
    assert after.discontinuity_sequence == before.discontinuity_sequence
    assert not any(segment.is_discontinuous for segment in after.segments)
    listed = {segment.number: segment for segment in after.segments}
    assert all(listed[segment.number] == segment for segment in before.segments)
    segments = hls.fetch_all(station.port, target, after.segments)
    run = Run(segments)
    start = math.ceil(run.times[run.index(before.segments[-1].date or 0)])
    found = download(station.port, name, f"from={start}&to={math.floor(run.times[-1])}")
    assert [frame.data for frame in found.frames] == run.between(start, math.floor(run.times[-1]))
    recording = recordings[name].recording
    places = [recording.place(frame) for segment in segments if segment.listed.number == slot
              for frame in segment.frames]
    assert any(place is not None and place < 2_000 for place in places), "nothing of before the restart"
    assert any(place is not None and place >= 2_000 for place in places), "nothing of after the restart"

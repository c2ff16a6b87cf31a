"""What listeners get, proved to the byte and to the frame: raw, ICY, rewound by seconds and by the clock, titles."""

from __future__ import annotations

import base64
import json
import time
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import quote

import pytest

import frames
import hls
import id3
from conditions import wait_until
from conftest import Feed, Feeds
from encoders import SentFrame
from server import PASSWORD
from web import HOST, Answer, Listener, fetch

# What a burst of 10 s and the live audio behind it add up to in these tests.
SECONDS = 17
NEAR = 0.100


def milliseconds(text: str) -> int:
    """X-Start-Time: RFC 3339 in UTC with milliseconds."""
    assert text.endswith("Z") and len(text) == len("2026-01-01T00:00:00.000Z"), text
    return round(datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1_000)


def iso(epoch_milliseconds: int, zone: timezone = UTC) -> str:
    """A time as ISO 8601 with its zone."""
    moment = datetime.fromtimestamp(0, zone) + timedelta(milliseconds=epoch_milliseconds)
    return moment.isoformat(timespec="milliseconds")


def rate_of(feed: Feed) -> float:
    """Bytes per second of a feed."""
    recording = feed.recording
    return len(frames.joined(recording.frames)) / (len(recording) * recording.frame_seconds)


def when_sent(feeds: Feeds, frame: frames.Frame, near: float) -> SentFrame:
    """The sending of a frame of the paced recording (which loops) nearest to a time in seconds."""
    recording, place = feeds.paced.recording, feeds.paced.recording.place(frame)
    assert place is not None, "not a frame of the paced encoder"
    same = [sent for sent in feeds.paced_encoder.sent() if sent.number % len(recording) == place]
    return min(same, key=lambda sent: abs(sent.sent_at - near))


@pytest.fixture(scope="module")
def listeners(feeds: Feeds) -> Iterator[dict[str, Listener]]:
    """A raw and an ICY listener on each steady stream, and one a minute behind, all at once."""
    for feed in (feeds.mp3, feeds.aac, feeds.paced):
        wait_until(lambda: feed.age > 70, 75, "the streams to be 70 s old")
    port = feeds.server.port
    with ExitStack() as stack:
        opened = {f"{feed.name}-{kind}": stack.enter_context(Listener(port, f"/{feed.name}", icy=kind == "icy"))
                  for feed in (feeds.mp3, feeds.aac, feeds.paced) for kind in ("raw", "icy")}
        for feed in (feeds.mp3, feeds.aac):
            opened[f"{feed.name}-offset"] = stack.enter_context(Listener(port, f"/{feed.name}?offset=60"))
            opened[f"{feed.name}-offset-icy"] = stack.enter_context(Listener(port, f"/{feed.name}?offset=60", icy=True))
        yield opened


@pytest.mark.parametrize("kind", ["raw", "icy", "offset", "offset-icy"])
@pytest.mark.parametrize("stream", ["mp3", "aac"])
def test_every_output_is_one_gapless_run_of_the_sources_frames(
    feeds: Feeds, listeners: dict[str, Listener], stream: str, kind: str,
) -> None:
    feed = feeds.mp3 if stream == "mp3" else feeds.aac
    listener = listeners[f"{feed.name}-{kind}"]
    assert listener.status == 200
    # Burst and live audio: the join lies within.
    listener.wait_for_bytes(int(SECONDS * rate_of(feed)), timeout=20)
    run = feed.recording.run(listener.frames)
    assert run.count * feed.recording.frame_seconds > SECONDS - 1


def test_the_burst_comes_at_once_and_live_audio_behind_it(feeds: Feeds) -> None:
    with Listener(feeds.server.port, "/test") as listener:
        listener.wait_for_bytes(int(8.5 * rate_of(feeds.mp3)), timeout=1)
        begun = time.monotonic()
        listener.wait_for_bytes(int(13 * rate_of(feeds.mp3)), timeout=8)
        assert time.monotonic() - begun > 1, "live audio cannot come before it is made"
        feeds.mp3.recording.run(listener.frames)


def test_all_outputs_agree_on_what_was_on_air(feeds: Feeds, listeners: dict[str, Listener]) -> None:
    raw, icy = listeners["test-raw"].frames, listeners["test-icy"].frames
    loaded = hls.load(feeds.server.port, "/test.m3u8")
    listed = [frame.data for frame in hls.concatenated(hls.fetch_all(feeds.server.port, "/test.m3u8", loaded.segments))]
    for heard in (raw, icy):
        first = listed.index(heard[0].data)
        shared = min(len(listed) - first, len(heard))
        assert shared > 200 and [frame.data for frame in heard[:shared]] == listed[first:first + shared]


def test_the_head_of_a_listeners_answer(feeds: Feeds, listeners: dict[str, Listener]) -> None:
    for name, content_type in (("test-raw", "audio/mpeg"), ("aac-raw", "audio/aac"), ("test-icy", "audio/mpeg")):
        headers = listeners[name].headers
        assert headers["content-type"] == content_type
        assert "transfer-encoding" not in headers and "content-length" not in headers
        assert headers["connection"].lower() == "close"
    assert listeners["test-icy"].metadata_interval == 16_000
    assert listeners["paced-icy"].metadata_interval == 1_024
    assert "icy-metaint" not in listeners["test-raw"].headers


@pytest.mark.parametrize("target", ["/", "/;", "/;stream.nsv"])
def test_the_root_route_is_the_stream(feeds: Feeds, target: str) -> None:
    with Listener(feeds.server.port, target) as listener:
        listener.wait_for_bytes(5_000, 5)
        feeds.mp3.recording.run(listener.frames)


def test_a_probe_with_a_range_is_answered_in_full(feeds: Feeds) -> None:
    """AVPlayer and browsers ask for bytes=0-1 or bytes=0- first, and lose the titles if they get a 206."""
    assert fetch(feeds.server.port, "/test", method="HEAD", headers={"Range": "bytes=0-1"}).status == 200


@pytest.mark.parametrize("offset", ["60", "1m", "60.0", "0h1m"])
def test_offset_is_seconds_behind_now(feeds: Feeds, listeners: dict[str, Listener], offset: str) -> None:
    with Listener(feeds.server.port, f"/paced?offset={offset}") as listener:
        start = milliseconds(listener.headers["x-start-time"]) / 1_000
        assert listener.asked_at - 60 - NEAR <= start <= listener.answered_at - 60 + NEAR
        listener.wait_for_bytes(2_000, 5)
        sent = when_sent(feeds, listener.frames[0], start)
        assert abs(sent.sent_at - start) <= NEAR + sent.lateness


def test_an_offset_beyond_the_window_is_the_oldest_audio(feeds: Feeds) -> None:
    with Listener(feeds.server.port, "/paced?offset=10h") as listener:
        oldest = hls.load(feeds.server.port, "/paced.m3u8").segments[0].date
        assert oldest is not None
        start = milliseconds(listener.headers["x-start-time"])
        # The slots before the first audio are silence made up for players; a listener may begin with or behind them.
        assert oldest <= start <= oldest + 5 * 5_760
        listener.wait_for_bytes(2_000, 5)
        assert all(frame.is_silent or feeds.paced.recording.place(frame) is not None for frame in listener.frames)


@pytest.fixture(scope="module")
def timeline(feeds: Feeds) -> list[tuple[float, frames.Frame]]:
    """Frames of the paced stream with their media times in ms, as HLS tells them: PROGRAM-DATE-TIME and samples."""
    path = "/paced/packed/live.m3u8"
    loaded = hls.wait_for_segments(feeds.server.port, path, 11, timeout=90)
    segments = hls.fetch_all(feeds.server.port, path, loaded.segments[6:])
    return [(segment.time_of(number), frame) for segment in segments for number, frame in enumerate(segment.frames)]


def at_or_after(timeline: list[tuple[float, frames.Frame]], moment: int) -> tuple[float, frames.Frame]:
    """The first frame not before a time; a millionth of a millisecond forgives binary fractions."""
    return timeline[bisect_left(timeline, moment - 1e-6, key=lambda entry: entry[0])]


def edge_times(timeline: list[tuple[float, frames.Frame]]) -> list[int]:
    """Times that find mistakes: on, just before and just behind frames, inside segments and around their edges."""
    edges = [index for index, (moment, _) in enumerate(timeline) if index and moment % 5_760 < 24]
    places = [7, 100, edges[0] - 1, edges[0], edges[0] + 1, edges[1]]
    return [int(timeline[place][0]) + shift for place in places for shift in (-1, 0, 1)]


@pytest.mark.parametrize("number", range(18))
def test_timestamp_starts_at_the_first_frame_not_before_it(
    feeds: Feeds, timeline: list[tuple[float, frames.Frame]], number: int,
) -> None:
    moment = edge_times(timeline)[number]
    expected_time, expected = at_or_after(timeline, moment)
    with Listener(feeds.server.port, f"/paced?timestamp={moment}") as listener:
        assert listener.status == 200
        listener.wait_for_bytes(len(expected.data) * 3, 5)
        found = feeds.paced.recording.place(listener.frames[0])
        assert found == feeds.paced.recording.place(expected)
        feeds.paced.recording.run(listener.frames)
        assert abs(milliseconds(listener.headers["x-start-time"]) - expected_time) < 1
        sent = when_sent(feeds, listener.frames[0], expected_time / 1_000)
        if sent.lateness < 0.02:
            assert abs(sent.sent_at - expected_time / 1_000) <= NEAR


def test_media_times_are_the_times_of_sending(feeds: Feeds, timeline: list[tuple[float, frames.Frame]]) -> None:
    checked = 0
    for moment, frame in timeline[::25]:
        sent = when_sent(feeds, frame, moment / 1_000)
        if sent.lateness < 0.02:
            assert abs(sent.sent_at - moment / 1_000) <= NEAR
            checked += 1
    assert checked > 20, "the paced encoder was hardly ever on time"


@pytest.mark.parametrize("form", ["Z", "offset", "space", "seconds", "milliseconds"])
def test_a_time_can_be_written_in_several_ways(
    feeds: Feeds, timeline: list[tuple[float, frames.Frame]], form: str,
) -> None:
    moment = int(timeline[60][0]) - 5
    berlin = iso(moment, timezone(timedelta(hours=2)))
    text = {"Z": iso(moment).replace("+00:00", "Z"), "offset": quote(berlin), "space": berlin.replace("+", "%20"),
            "seconds": f"{moment / 1_000:.3f}", "milliseconds": str(moment)}[form]
    with Listener(feeds.server.port, f"/paced?timestamp={text}") as listener:
        assert listener.status == 200
        assert abs(milliseconds(listener.headers["x-start-time"]) - at_or_after(timeline, moment)[0]) < 1


@pytest.mark.parametrize("away", [-86_400_000, 3_600_000])
def test_a_time_outside_the_window_is_a_404_that_says_what_there_is(feeds: Feeds, away: int) -> None:
    moment = round(time.time() * 1_000) + away
    answer = fetch(feeds.server.port, f"/paced?timestamp={moment}", headers={"Accept": "application/json"})
    assert answer.status == 404 and answer.headers["content-type"].startswith("application/problem+json")
    problem = json.loads(answer.body)
    oldest, newest = milliseconds(problem["oldest"]), milliseconds(problem["newest"])
    assert oldest < newest and abs(newest / 1_000 - time.time()) < 5
    with Listener(feeds.server.port, f"/paced?timestamp={newest - 2_000}") as listener:
        assert listener.status == 200


@pytest.mark.parametrize(("parameter", "value"), [
    ("timestamp", "yesterday"), ("timestamp", ""), ("timestamp", "2026-01-01T00:00:00"), ("timestamp", "1e400"),
    ("timestamp", "9" * 400), ("timestamp", "nan"), ("offset", "soon"), ("offset", "5x"), ("offset", "%00"),
    ("offset", "9" * 400),
])
def test_nonsense_is_a_400_that_says_what_is_accepted(feeds: Feeds, parameter: str, value: str) -> None:
    def ask(accept: str) -> Answer:
        return fetch(feeds.server.port, f"/test?{parameter}={value}", headers={"Accept": accept})
    for answer in (ask("application/json"), ask("text/plain")):
        assert answer.status == 400 and parameter in answer.text
        assert any(word in answer.text for word in ("8601", "3339", "seconds"))
        assert len(answer.body) < 2_000


def set_title(feeds: Feeds, mount: str, title: str) -> tuple[float, float]:
    """Sends a title to the source port as encoders do; returns the times just before and after."""
    credentials = base64.b64encode(f"source:{PASSWORD}".encode()).decode()
    before = time.time()
    answer = fetch(feeds.server.source_port, f"/admin/metadata?mode=updinfo&mount=/{mount}&song={quote(title)}",
                   headers={"Authorization": f"Basic {credentials}"})
    assert answer.status == 200 and "<return>1</return>" in answer.text, answer.body
    return before, time.time()


def title_frames(feeds: Feeds, listener: Listener, title: str, near: float) -> dict[int, float]:
    """The frames at which a title may have begun, judged by where its block stood: number of sending, time of sending.

    A title stands in the first block after its frame's first byte, so that byte lies within one interval before it.
    """
    block = listener.wait_for_title(title, timeout=10)
    found: dict[int, float] = {}
    at = 0
    for frame in listener.frames:
        if at > block.audio_offset:
            break
        if at > block.audio_offset - listener.metadata_interval:
            sent = when_sent(feeds, frame, near)
            found[sent.number] = sent.sent_at
        at += len(frame.data)
    return found


@pytest.fixture(scope="module")
def two_titles(feeds: Feeds) -> dict[str, tuple[float, float]]:
    """Two titles, several seconds apart, and the moments between which each was set."""
    set_at = {"Motörhead – Ace of Spades": set_title(feeds, "paced", "Motörhead – Ace of Spades")}
    mark = feeds.paced_encoder.sent()[-1].number
    wait_until(lambda: feeds.paced_encoder.sent()[-1].number > mark + 100, 10, "2.4 s to pass between two titles")
    set_at["Second Song"] = set_title(feeds, "paced", "Second Song")
    return set_at


def test_a_title_reaches_a_live_listener_at_the_frame_that_was_on_air(
    feeds: Feeds, listeners: dict[str, Listener], two_titles: dict[str, tuple[float, float]],
) -> None:
    for title, (before, after) in two_titles.items():
        candidates = title_frames(feeds, listeners["paced-icy"], title, before)
        assert candidates, "the block stood where no frame is"
        # The frame is the first from the title's arrival on: one frame, and the accuracy of media time, either way.
        assert any(before - NEAR <= sent_at <= after + NEAR + 0.024 for sent_at in candidates.values()), (
            before, after, candidates)
    feeds.paced.recording.run(listeners["paced-icy"].frames)


def test_a_rewound_listener_hears_the_title_at_the_same_frame(
    feeds: Feeds, listeners: dict[str, Listener], two_titles: dict[str, tuple[float, float]],
) -> None:
    (first, (first_set, _)), (second, (second_set, _)) = two_titles.items()
    with Listener(feeds.server.port, f"/paced?timestamp={round((first_set + 1) * 1_000)}", icy=True) as rewound:
        rewound.wait_for_title(second, timeout=10)
        assert rewound.blocks[0].title == first and rewound.blocks[0].audio_offset == rewound.metadata_interval
        live = title_frames(feeds, listeners["paced-icy"], second, second_set)
        late = title_frames(feeds, rewound, second, second_set)
        assert set(live) & set(late), f"live {sorted(live)}, rewound {sorted(late)}"
        feeds.paced.recording.run(rewound.frames)


def test_packed_segments_carry_the_title_then_in_force(
    feeds: Feeds, two_titles: dict[str, tuple[float, float]],
) -> None:
    title, (_, after) = list(two_titles.items())[-1]
    slot, path = int(after * 1_000) // 5_760 + 1, "/paced/packed/live.m3u8"
    loaded = hls.wait_for_segments(feeds.server.port, path, 1, 20, after=slot - 1)
    segment = hls.fetch_segment(feeds.server.port, path, loaded.segment(slot))
    assert title in id3.take(segment.data)[0].texts.values()
    earlier = hls.fetch_segment(feeds.server.port, path, loaded.segment(slot - 4))
    assert title not in id3.take(earlier.data)[0].texts.values()


@pytest.mark.parametrize("title", [
    "It's a 'quoted' title", "Semi';colon", "日本語のタイトル", "x" * 6_000, "100% + 1",
])
def test_any_title_makes_blocks_that_players_can_read(feeds: Feeds, title: str) -> None:
    with Listener(feeds.server.port, "/aac", icy=True) as listener:
        # A listener begins seconds behind live, where the titles of the tests before this one are.
        marker = f"before {sum(map(ord, title))}"
        set_title(feeds, "aac", marker)
        listener.wait_for_title(marker, 10)
        set_title(feeds, "aac", title)
        wait_until(lambda: listener.blocks[-1].title != marker, 10, "another title")
        shown = listener.blocks[-1].title
        assert "';" not in shown and len(shown.encode()) <= 4_080
        assert title.startswith("Semi") or title.strip().startswith(shown.strip())
        feeds.aac.recording.run(listener.frames)


def test_a_title_reaches_a_listener_with_the_default_interval(feeds: Feeds, listeners: dict[str, Listener]) -> None:
    listener = listeners["test-icy"]
    assert listener.blocks[0].title and listener.blocks[0].audio_offset == 16_000
    set_title(feeds, "test", "Default Interval")
    block = listener.wait_for_title("Default Interval", timeout=8)
    assert block.audio_offset % 16_000 == 0
    feeds.mp3.recording.run(listener.frames)


@pytest.mark.parametrize(("password", "mount", "statuses"), [
    ("wrong", "paced", (401,)), (PASSWORD, "nosuch", (400, 404)),
])
def test_a_title_with_a_wrong_password_or_mount_is_refused(
    feeds: Feeds, password: str, mount: str, statuses: tuple[int, ...],
) -> None:
    credentials = base64.b64encode(f"source:{password}".encode()).decode()
    answer = fetch(feeds.server.source_port, f"/admin/metadata?mode=updinfo&mount=/{mount}&song=Intruder",
                   headers={"Authorization": f"Basic {credentials}"})
    assert answer.status in statuses and PASSWORD not in answer.text


def test_shoutcasts_way_to_set_a_title_works_too(feeds: Feeds) -> None:
    with Listener(feeds.server.port, "/test", icy=True) as listener:
        answer = fetch(feeds.server.source_port, f"/admin.cgi?pass=test:{PASSWORD}&mode=updinfo&song=By%20Admin%20Cgi",
                       headers={"User-Agent": "Mozilla"})
        assert answer.status == 200
        listener.wait_for_title("By Admin Cgi", timeout=8)


def test_tune_in_files_lead_to_the_stream(feeds: Feeds) -> None:
    for path in ("/test.pls", "/test.m3u", "/test.xspf", "/listen.pls"):
        answer = fetch(feeds.server.port, path)
        assert answer.status == 200 and f"http://{HOST}:{feeds.server.port}/" in answer.text

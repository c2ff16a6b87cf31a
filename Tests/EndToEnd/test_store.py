"""The store on disk: damaged logs, inspect, export and import, and what is thrown away when."""

from __future__ import annotations

import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

import frames
import hls
import rewind_dump
from archive import Clock, Station, SteadyEncoder, archive, download, wait_for_audio, wait_for_time
from audio import RecordingFile
from damage import Damage, Hit, Store, copied, make_store
from playlist import milliseconds
from server import binary
from web import Answer, Listener, fetch, resolve

RATE = 20
# Bytes per second of the MP3 recording, about.
MP3_RATE = 16_000
STREAM = {"mp3": {"burst": 10, "seconds": 3_600}}


@pytest.fixture(scope="module")
def made(recordings: dict[str, RecordingFile], tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A store of over two minutes in three files a stream, closed well."""
    return make_store(tmp_path_factory.mktemp("made"), recordings, seconds=140)


def hear(listener: Listener, seconds: float) -> None:
    """Waits for some seconds more of the MP3 recording."""
    listener.wait_for_bytes(len(listener.audio) + int(seconds * MP3_RATE), 30)


@pytest.mark.parametrize("kind", ["flip_at_random", "flip_in_header", "cut_at_random"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_damage_at_random_silences_only_what_was_hit(made: Store, tmp_path: Path, kind: str, seed: int) -> None:
    damage = Damage(tmp_path, made, seed)
    damage.trial(getattr(damage, kind)())


@pytest.mark.parametrize("kind", ["cuts_at_boundaries", "flips_at_boundaries"])
def test_damage_at_record_boundaries(made: Store, tmp_path: Path, kind: str) -> None:
    damage = Damage(tmp_path, made, 0)
    hits: list[Hit] = getattr(damage, kind)()
    assert len(hits) > 100, "a record for each part"
    # First, last, and some between; tools/soak does all of them.
    for hit in hits[::len(hits) // 4]:
        damage.trial([hit])


def test_inspect_tells_what_is_there_and_what_is_damaged(made: Store, tmp_path: Path) -> None:
    with copied(made, tmp_path) as station:
        station.stop()
        said = station.inspect()
        for name in ("mp3", "aac"):
            assert name in said and name.upper() in said
        Damage(tmp_path, made, 4).flip_at_random()[0].apply(station.store)
        result = station.command("inspect", station.store)
        assert result.returncode == 3 and "damage" in result.stdout.lower(), result
        station.start()
    assert station.command("inspect", tmp_path / "nowhere").returncode not in (0, 3)


def date(moment: int) -> str:
    """RFC 3339."""
    return datetime.fromtimestamp(moment / 1_000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@pytest.mark.parametrize("stream", ["mp3", "aac"])
def test_export_writes_the_frames_of_a_download(made: Store, tmp_path: Path, stream: str) -> None:
    start = made.whole[stream].start + 40_000
    with copied(made, tmp_path / "copy") as station:
        expected = download(station.port, stream, f"from={start}&to={start + 60_000}")
        station.stop()
        path = tmp_path / "exported"
        result = station.command("export", station.store, "--stream", stream, "--from", date(start),
                                 "--to", date(start + 60_000), "-o", path)
        assert result.returncode == 0, result.stderr
        assert path.read_bytes() == expected.body and len(expected.body) > 300_000
        wrong = station.command("export", station.store, "--stream", "nosuch", "--from", date(start),
                                "--to", date(start + 60_000), "-o", path)
        assert wrong.returncode not in (0, 3, 70) and "nosuch" in wrong.stderr
        station.start()


def old_dump(recording: RecordingFile, start: int, seconds: float) -> tuple[bytes, list[frames.Frame]]:
    """A dump as StreamMachine wrote it, with two titles in turn, and the frames in it."""
    taken = recording.recording.frames[:int(seconds / recording.recording.frame_seconds)]
    kept = list(rewind_dump.chunks(taken, start, ("Früher", "Earlier")))
    rate, stereo = taken[0].rate, "s"
    whole = frames.whole(b"".join(chunk.data for chunk in kept))
    return rewind_dump.dump(f"mp3-{rate}-128-{stereo}", kept), whole


def check_imported(station: Station, start: int, expected: list[frames.Frame]) -> None:
    """The dump's audio plays at its time, with its titles."""
    step = expected[0].samples * 1_000 / expected[0].rate
    found = download(station.port, "mp3", f"from={start - 30}&to={round(start + len(expected) * step) - 500}")
    # A run's first frame lies on the grid of the slot that it begins in: up to half a frame away.
    assert abs(found.start - start) <= 27, (found.start, start)
    # The first frames may need bits from before the dump, and are mended as at any join.
    assert [frame.data for frame in found.frames[4:]] == [frame.data for frame in expected[4:len(found.frames)]]
    assert len(found.frames) > len(expected) - 30
    titles = [(title["title"], milliseconds(title["time"])) for title in archive(station.port, "mp3").titles]
    assert titles[0][0] == "Früher" and abs(titles[0][1] - start) < 30
    assert titles[1][0] == "Earlier" and abs(titles[1][1] - start - 2_000) < 60


def test_the_import_command_takes_a_dump_of_streammachine(
    recordings: dict[str, RecordingFile], tmp_path: Path,
) -> None:
    clock = Clock(1)
    start = round(clock.now() * 1_000) - 1_000_000
    data, expected = old_dump(recordings["mp3"], start, 100)
    path = tmp_path / "master__mp3.dump"
    path.write_bytes(data)
    with Station(tmp_path, STREAM, clock) as station:
        result = station.command("import", path, "--dir", station.store, "--stream", "mp3")
        assert result.returncode == 0, result.stderr
        station.inspect()
        station.start()
        check_imported(station, start, expected)
        station.stop()
        for broken in (data[:-1], data[:3], b"\xff\xff\xff\xff{", b""):
            path.write_bytes(broken)
            refused = station.command("import", path, "--dir", tmp_path / "other", "--stream", "mp3")
            assert refused.returncode not in (0, 70) and refused.stderr
        station.start()


def api(station: Station, method: str, body: bytes | None = None) -> Answer:
    """A request for the rewind of /mp3."""
    return fetch(station.server.api_port, "/api/streams/mp3/rewind", method=method, body=body, timeout=30)


def test_the_api_takes_a_dump_in_before_what_is_there(recordings: dict[str, RecordingFile], tmp_path: Path) -> None:
    clock = Clock(RATE)
    with Station(tmp_path, STREAM, clock) as station:
        station.start()
        with SteadyEncoder(station.server.source_port, "mp3", recordings["mp3"], clock, first=3_000):
            wait_for_audio(station.port, "mp3")
            start = round(clock.now() * 1_000) - 600_000
            data, expected = old_dump(recordings["mp3"], start, 60)
            with Listener(station.port, "/mp3") as listener:
                hear(listener, 2)
                answer = api(station, "PUT", data)
                assert answer.status == 200, answer.text
                said = json.loads(answer.body)
                assert said["seconds"] >= 57 and said["length"] > 0, said
                check_imported(station, start, expected)
                hear(listener, 5)
                live = frames.without_leading_silence(listener.frames)
                recordings["mp3"].recording.run(live[4:])
            assert api(station, "PUT", b"nonsense").status in (400, 422)


def test_export_delete_and_import_give_the_same_audio_back(
    recordings: dict[str, RecordingFile], tmp_path: Path,
) -> None:
    clock = Clock(RATE)
    with Station(tmp_path, STREAM, clock) as station:
        station.start()
        begun = clock.now()
        with SteadyEncoder(station.server.source_port, "mp3", recordings["mp3"], clock):
            wait_for_audio(station.port, "mp3")
            wait_for_time(clock, begun + 80)
        span = f"from={round((begun + 5) * 1_000)}&to={round((begun + 70) * 1_000)}"
        before = download(station.port, "mp3", span)
        exported = api(station, "GET")
        assert exported.status == 200 and exported.headers["content-type"] == "application/octet-stream"
        with Listener(station.port, "/mp3") as listener:
            deleted = api(station, "DELETE")
            assert deleted.status == 200 and json.loads(deleted.body)["key"] == "mp3", deleted.text
            assert fetch(station.port, f"/mp3?{span}").status in (404, 503)
            assert not listener.has_ended, "listeners live on"
        flipped = bytearray(exported.body)
        flipped[len(flipped) // 2] ^= 1
        for broken in (exported.body[:-1], bytes(flipped)):
            assert api(station, "PUT", broken).status in (400, 422)
        assert api(station, "PUT", exported.body).status == 200
        assert download(station.port, "mp3", span).body == before.body
        station.kill()
        station.inspect()
        station.start()
        assert download(station.port, "mp3", span).body == before.body, "an import is stored, too"


def test_what_is_too_old_or_too_much_is_deleted_but_nothing_that_is_listed(
    recordings: dict[str, RecordingFile], tmp_path: Path,
) -> None:
    clock = Clock(RATE)
    limit = 2_000_000
    by_age = Station(tmp_path / "age", {"mp3": {"seconds": 120}}, clock, hls={"window": 60})
    by_size = Station(tmp_path / "size", STREAM, clock, {"max_bytes": limit}, hls={"window": 60})
    with by_age, by_size:
        encoders = []
        for station in (by_age, by_size):
            station.start()
            encoders.append(SteadyEncoder(station.server.source_port, "mp3", recordings["mp3"], clock))
        begun = clock.now()
        for station in (by_age, by_size):
            wait_for_audio(station.port, "mp3")
        first = [station.logs("mp3")[0] for station in (by_age, by_size)]
        wait_for_time(clock, begun + 260)
        assert not any(path.exists() for path in first), "the first file has gone"
        check_retention(by_age, clock, 120)
        total = sum(path.stat().st_size for path in by_size.logs("mp3"))
        # A file of 60 s is the least that can be deleted.
        assert limit / 3 < total <= limit + 61 * MP3_RATE, total
        for station in (by_age, by_size):
            check_listed_stay(station, clock)
        for encoder in encoders:
            encoder.stop()


def check_retention(station: Station, clock: Clock, seconds: float) -> None:
    """What is kept is what was asked for, and at most one file more; the oldest minute is not listed."""
    oldest = archive(station.port, "mp3").ranges[0].start / 1_000
    assert seconds - 10 <= clock.now() - oldest <= seconds + 60 + 20, clock.now() - oldest
    assert len(station.logs("mp3")) <= seconds / 60 + 2
    listed = hls.load(station.port, "/mp3.m3u8").segments[0].date
    assert listed is not None and listed / 1_000 - oldest >= 60 - 6
    assert fetch(station.port, f"/mp3?timestamp={oldest - 30:.3f}").status == 404


def check_listed_stay(station: Station, clock: Clock) -> None:
    """Each listed segment can be fetched for as long as the playlist plays (RFC 8216 section 6.2.2)."""
    loaded = hls.load(station.port, "/mp3.m3u8")
    loaded_at = clock.now()
    length = sum(segment.duration for segment in loaded.segments)
    # Less what a request takes, which counts RATE times.
    while clock.now() < loaded_at + length - 10:
        for segment in loaded.segments:
            answer = fetch(station.port, resolve("/mp3.m3u8", segment.uri))
            assert answer.status == 200, f"{segment.uri} is listed but {clock.now() - loaded_at:.0f} s later it is gone"


def test_a_store_that_cannot_be_made_is_said_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("in the way")
    path = tmp_path / "config.json"
    path.write_text(json.dumps({"mode": "standalone", "store": {"dir": "store"}, "streams": {
        "mp3": {"source_password": "x"}}, "port": 0, "source_port": 0, "shoutcast_port": 0, "api_port": 0}))
    result = subprocess.run([str(binary()), "serve", "--config", str(path)], check=False, capture_output=True,
                            text=True, timeout=20, stdin=subprocess.DEVNULL)
    assert result.returncode not in (0, 70) and "store" in result.stderr + result.stdout

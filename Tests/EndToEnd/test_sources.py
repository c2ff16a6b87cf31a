"""Encoders: what each real one sends arrives to the byte, refusals say why, and the first is never disturbed."""

from __future__ import annotations

import base64
import socket
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest

import encoders
import frames
import hls
from audio import RecordingFile
from conditions import wait_until
from conftest import Feeds
from encoders import Encoder, PacedEncoder, Target
from server import PASSWORD
from web import HOST, Listener, fetch, read_head

# Mount: (how it is fed, the recording).
EncoderStart = Callable[[Target, Path, Path], Encoder]
KINDS: dict[str, tuple[EncoderStart, str]] = {
    "put": (encoders.ffmpeg, "mp3"),
    "legacy": (lambda target, path, log: encoders.ffmpeg(target, path, log, legacy=True), "mp3"),
    "libshout": (encoders.shout, "mp3"),
    "icy": (lambda target, path, log: encoders.shout(target, path, log, protocol="icy"), "mp3"),
    "chunked": (encoders.curl_chunked, "mp3"),
    "unexpected": (encoders.curl_chunked_without_expect, "aac"),
    "counted": (encoders.curl_with_length, "mp3"),
    "source": (encoders.curl_source, "mp3"),
    "heaac": (encoders.ffmpeg, "heaac"),
}


@pytest.fixture(scope="module")
def running(
    feeds: Feeds, recordings: dict[str, RecordingFile], tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[dict[str, Encoder]]:
    """All kinds of encoder at once, each on its mount."""
    logs = tmp_path_factory.mktemp("kinds")
    started: dict[str, Encoder] = {}
    for mount, (start, recording) in KINDS.items():
        # libshout's SHOUTcast port is one up from the port it is given; the mount comes with the password.
        target = Target(feeds.server.shoutcast_port - 1, mount, f"icy:{PASSWORD}") if mount == "icy" \
            else Target(feeds.server.source_port, mount)
        started[mount] = start(target, recordings[recording].path, logs / f"{mount}.log")
    yield started
    for encoder in started.values():
        encoder.stop()


@pytest.mark.parametrize("mount", KINDS)
def test_the_bytes_of_every_encoder_arrive(
    feeds: Feeds, running: dict[str, Encoder], recordings: dict[str, RecordingFile], mount: str,
) -> None:
    file = recordings[KINDS[mount][1]]
    wait_until(lambda: fetch(feeds.server.port, f"/{mount}.m3u8").status == 200, 20,
               f"audio on /{mount}; the encoder says: {running[mount].log}")

    def heard() -> list[frames.Frame]:
        return frames.without_leading_silence(listener.frames)
    with Listener(feeds.server.port, f"/{mount}") as listener:
        assert listener.status == 200
        assert listener.headers["content-type"] == ("audio/mpeg" if file.path.suffix == ".mp3" else "audio/aac")
        wait_until(lambda: len(heard()) * file.recording.frame_seconds > 5, 20, f"5 s of audio from /{mount}")
        file.recording.run(heard())
    assert running[mount].is_running, running[mount].log


def exchange(port: int, request: bytes) -> tuple[int, dict[str, str], bytes]:
    """Sends a request that will be refused, and returns status, headers and what of the body came."""
    with socket.create_connection((HOST, port), timeout=10) as connection:
        connection.sendall(request)
        status, headers, body = read_head(connection)
        while piece := connection.recv(65_536):
            body += piece
        return status, headers, body


def credentials(password: str) -> str:
    """The header for user `source`."""
    return "Authorization: Basic " + base64.b64encode(f"source:{password}".encode()).decode()


@pytest.mark.parametrize("line", ["PUT /{} HTTP/1.1", "SOURCE /{} HTTP/1.0", "SOURCE /{} ICE/1.0"])
def test_a_wrong_password_is_a_401_and_an_unknown_mount_a_404(feeds: Feeds, line: str) -> None:
    def head(mount: str, password: str) -> bytes:
        first = line.format(mount)
        return f"{first}\r\nHost: x\r\n{credentials(password)}\r\nContent-Type: audio/mpeg\r\n\r\n".encode()
    status, headers, body = exchange(feeds.server.source_port, head("refused", "wrong"))
    assert status == 401 and headers["www-authenticate"].startswith("Basic realm=") and body.strip()
    status, _, body = exchange(feeds.server.source_port, head("nosuch", PASSWORD))
    assert status == 404 and b"nosuch" in body
    assert fetch(feeds.server.port, "/refused").status == 503


def test_libshouts_probe_without_credentials_learns_that_put_is_allowed(feeds: Feeds) -> None:
    probe = b"SOURCE /refused HTTP/1.0\r\nHost: x\r\nContent-Length: 0\r\n\r\n"
    status, headers, _ = exchange(feeds.server.source_port, probe)
    assert status == 401 and "PUT" in headers["allow"] and "SOURCE" in headers["allow"]


def test_ffmpeg_gives_up_on_a_wrong_password(
    feeds: Feeds, recordings: dict[str, RecordingFile], tmp_path: Path,
) -> None:
    target = Target(feeds.server.source_port, "refused", "wrong")
    with encoders.ffmpeg(target, recordings["mp3"].path, tmp_path / "ffmpeg.log") as encoder:
        assert encoder.wait(timeout=15) != 0
        assert "401" in encoder.log


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_shoutcast_source_is_answered_ok2_or_told_that_its_password_is_invalid(feeds: Feeds, line_end: str) -> None:
    answers = ((f"refused:{PASSWORD}", b"OK2\r\nicy-caps:11\r\n\r\n"), ("wrong", b"invalid password\r\n"))
    for port in (feeds.server.shoutcast_port, feeds.server.source_port):
        for password, expected in answers:
            with socket.create_connection((HOST, port), timeout=10) as connection:
                connection.sendall((password + line_end).encode())
                answer = b""
                while len(answer) < len(expected) and (piece := connection.recv(1_024)):
                    answer += piece
                assert answer.startswith(expected)


TYPE = "Content-Type: audio/mpeg"
HEADS = {
    "SOURCE with a bare LF": f"SOURCE /refused HTTP/1.0\n{credentials(PASSWORD)}\n{TYPE}\n\n",
    "ICE/1.0 without a type": f"SOURCE /refused ICE/1.0\r\n{credentials(PASSWORD)}\r\n\r\n",
    "butt's PUT": f"PUT /refused HTTP/1.1\r\n{credentials(PASSWORD)}\r\n{TYPE}\r\nExpect: 100-continue\r\n\r\n",
    "PUT with nothing else": f"PUT /refused HTTP/1.1\r\n{credentials(PASSWORD)}\r\n{TYPE}\r\n\r\n",
}


@pytest.mark.parametrize("kind", HEADS)
def test_an_encoder_is_answered_before_it_sends_audio(feeds: Feeds, kind: str) -> None:
    with socket.create_connection((HOST, feeds.server.source_port), timeout=10) as connection:
        connection.sendall(HEADS[kind].encode())
        status, headers, _ = read_head(connection)
        assert status == (100 if "Expect" in HEADS[kind] else 200)
        assert "content-length" not in headers or status != 100


def test_audio_in_the_same_packet_as_the_head_is_kept(feeds: Feeds, recordings: dict[str, RecordingFile]) -> None:
    recording = recordings["mp3"].recording
    head = HEADS["SOURCE with a bare LF"].replace("/refused", "/pipelined")
    with socket.create_connection((HOST, feeds.server.source_port), timeout=10) as connection:
        connection.sendall(head.encode() + frames.joined(recording.frames[:200]))

        def sent() -> list[frames.Frame] | None:
            if fetch(feeds.server.port, path).status != 200:
                return None
            segments = hls.fetch_all(feeds.server.port, path, hls.load(feeds.server.port, path).segments)
            found = [frame for frame in hls.concatenated(segments) if not frame.is_silent]
            return found if len(found) >= 200 else None
        path = "/pipelined/packed/live.m3u8"
        # 5.2 s of audio, dated back from its newest frame; the segment that holds it ends in silence.
        heard = wait_until(sent, 20, "all 200 frames", every=0.5)
        assert recording.run(heard) == frames.Run(0, 200)


def test_a_second_encoder_does_not_disturb_the_first(
    feeds: Feeds, recordings: dict[str, RecordingFile], tmp_path: Path,
) -> None:
    file, target = recordings["mp3-48"], Target(feeds.server.source_port, "standby")
    with PacedEncoder(target, file.path, tmp_path / "first.log") as first:
        wait_until(lambda: fetch(feeds.server.port, "/standby.m3u8").status == 200, 15, "audio on /standby")
        with Listener(feeds.server.port, "/standby") as listener, \
                PacedEncoder(target, file.path, tmp_path / "second.log", first=3_000) as second:
            wait_until(lambda: second.sent() or not second.is_running, 10, "the second encoder to be let in or refused")
            mark = len(frames.without_leading_silence(listener.frames))
            wait_until(lambda: len(frames.without_leading_silence(listener.frames)) > mark + 200, 15, "5 s more")
            run = file.recording.run(frames.without_leading_silence(listener.frames))
            assert run.end < 3_000
            # Refused with a reason that encoders understand, or kept as a standby.
            assert second.is_running or "403" in second.log
        assert first.is_running


def test_an_encoder_that_returns_continues_the_same_timeline(
    feeds: Feeds, recordings: dict[str, RecordingFile], tmp_path: Path,
) -> None:
    file, target = recordings["mp3-48"], Target(feeds.server.source_port, "returning")
    first = PacedEncoder(target, file.path, tmp_path / "first.log")
    wait_until(lambda: fetch(feeds.server.port, "/returning.m3u8").status == 200, 15, "audio on /returning")
    with Listener(feeds.server.port, "/returning") as listener:
        wait_until(lambda: len(first.sent()) > 150, 10, "3.6 s from the first encoder")
        first.stop()
        with PacedEncoder(target, file.path, tmp_path / "second.log", first=3_000) as second:
            wait_until(lambda: any(file.recording.place(frame) == 3_100 for frame in listener.frames), 25,
                       f"the second encoder's audio; it says: {second.log}")
            heard = frames.without_leading_silence(listener.frames)
            check_outage(heard, file.recording, first, second)
            check_hls_runs_on(feeds, file.recording)


def check_outage(
    heard: list[frames.Frame], recording: frames.Recording, first: PacedEncoder, second: PacedEncoder,
) -> None:
    """All of the first encoder's frames, silence as long as it was away, the second's from (nearly) its first."""
    gap = next(number for number, frame in enumerate(heard) if frame.is_silent)
    assert recording.run(heard[:gap]).end >= first.sent()[-1].number, "frames that had been sent were lost at the end"
    rest = frames.without_leading_silence(heard[gap:])
    # The first frames after the join may draw on bits that are not there; a server empties them (rule 16).
    entered = next(number for number, frame in enumerate(rest) if recording.place(frame) is not None)
    run = recording.run(rest[entered:])
    assert run.first - 3_000 <= 4 and entered <= 3
    silence = (len(heard) - gap - len(rest)) * recording.frame_seconds
    outage = second.sent()[0].sent_at - first.sent()[-1].sent_at
    assert abs(silence - outage) < 0.2, f"{silence:.3f} s of silence for an outage of {outage:.3f} s"


def check_hls_runs_on(feeds: Feeds, recording: frames.Recording) -> None:
    """The playlist has no discontinuity, and its timestamps count every sample of the outage."""
    path = "/returning/packed/live.m3u8"

    def segments_with_the_return() -> list[hls.FetchedSegment] | None:
        loaded = hls.load(feeds.server.port, path)
        assert not any(segment.is_discontinuous for segment in loaded.segments)
        segments = hls.fetch_all(feeds.server.port, path, loaded.segments[-5:])
        is_listed = any(recording.place(frame) == 3_050 for frame in hls.concatenated(segments))
        return segments if is_listed else None
    for before, after in pairwise(wait_until(segments_with_the_return, 20, "the returned audio in a segment", 0.5)):
        step = (after.timestamp - before.timestamp) % (1 << 33)
        assert abs(step - before.samples * 90_000 / before.frames[0].rate) <= 1

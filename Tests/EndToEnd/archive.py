"""Servers with a store on disk: killed, stopped and started again on the same directory, their clock running fast."""

from __future__ import annotations

import argparse
import json
import os
import re
import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import frames
import paced_encoder
import playlist
from audio import RecordingFile
from conditions import wait_until
from encoders import Target
from server import PASSWORD, Server, binary, configuration
from web import HOST, Answer, fetch

# The reasons that archive.json may give for a gap.
REASONS = ("source", "server", "damage")
CONTENT_TYPES = {"mp3": "audio/mpeg", "aac": "audio/aac"}


class Clock:
    """The clock that `--test-clock` gives a server: RATE times as fast, and going on where it was after a restart.

    A server's own runs behind this one by what it took to start, so a restart never sets it back.
    """

    def __init__(self, rate: int = 1) -> None:
        self.rate = rate
        self._began = time.time()
        self._skipped = 0.0

    def now(self) -> float:
        """The station's time in seconds since 1970."""
        return self._began + (time.time() - self._began) * self.rate + self._skipped

    def skip(self, seconds: float) -> None:
        """Lets time pass while no server runs."""
        self._skipped += seconds

    @property
    def arguments(self) -> tuple[str, str]:
        """The option for a server that starts now."""
        return "--test-clock", f"{max(0.0, self.now() - time.time()):.6f},{self.rate}"


@contextmanager
def environment(values: Mapping[str, str]) -> Iterator[None]:
    """Sets environment variables for the processes that are started meanwhile."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


class Station:
    """A server that comes and goes while its store stays; each run has new ports and a log of its own."""

    def __init__(
        self, directory: Path, streams: Mapping[str, Mapping[str, Any]], clock: Clock,
        store: Mapping[str, Any] | None = None, **overrides: Any,
    ) -> None:
        self.directory = directory
        self.clock = clock
        self.store = directory / "store"
        self.runs: list[Server] = []
        self._was_ended = False
        # Relative to the configuration file, which every run has in a directory of its own.
        options = {"dir": "../store", "hot_seconds": 60, "file_seconds": 60} | dict(store or {})
        self._config = configuration(streams, store=options, **({"hls": {"window": 120}} | overrides))

    def __enter__(self) -> Station:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if not self.runs:
            return
        if kind is not None:
            self.server.kill()
        elif not self._was_ended:
            # Which fails if it has died by itself.
            self.server.stop()

    @property
    def server(self) -> Server:
        """The last server that was started."""
        return self.runs[-1]

    @property
    def port(self) -> int:
        """Its port for listeners."""
        return self.server.port

    def start(self, variables: Mapping[str, str] | None = None) -> Server:
        """Starts a server on the store."""
        with environment(variables or {}):
            directory = self.directory / f"run-{len(self.runs)}"
            self.runs.append(Server(directory, self._config, self.clock.arguments))
        self._was_ended = False
        return self.server

    def kill(self) -> None:
        """Ends the server with SIGKILL."""
        if not self.server.is_running:
            raise AssertionError(f"the server had died with {self.server.process.returncode}:\n{self.server.log}")
        self._was_ended = True
        self.server.kill()

    def stop(self) -> None:
        """Ends the server with SIGTERM, which must end it well."""
        self._was_ended = True
        self.server.stop()

    def logs(self, stream: str) -> list[Path]:
        """The log files of a stream, oldest first."""
        return sorted(self.stream_directory(stream).glob("*.log"), key=lambda path: int(path.stem))

    def stream_directory(self, stream: str) -> Path:
        """The directory of a stream: its name, a dash, and eight hexadecimal digits."""
        pattern = rf"{re.escape(stream)}-[0-9a-f]{{8}}"
        found = [path for path in self.store.iterdir() if re.fullmatch(pattern, path.name)]
        assert len(found) == 1, f"{len(found)} directories of {stream}: {sorted(self.store.iterdir())}"
        return found[0]

    def warnings(self) -> list[str]:
        """What /readyz warns about."""
        warnings = json.loads(fetch(self.server.api_port, "/readyz").body).get("warnings", [])
        assert isinstance(warnings, list)
        return warnings

    def command(self, *arguments: str | Path, timeout: float = 60) -> subprocess.CompletedProcess[str]:
        """Runs a command of the executable to its end."""
        return subprocess.run([str(binary()), *map(str, arguments)], check=False, capture_output=True, text=True,
                              timeout=timeout, stdin=subprocess.DEVNULL)

    def inspect(self) -> str:
        """`inspect` on the store, which must find no damage."""
        result = self.command("inspect", self.store)
        assert result.returncode == 0, f"inspect: exit code {result.returncode}\n{result.stdout}\n{result.stderr}"
        return result.stdout


class SteadyEncoder:
    """Plays a recording over and over at a clock's pace, soon 3 s ahead of it, so that no stall of ours makes a hole.

    It begins at real time, for else what it sends would count as its backlog; the server then holds it back.
    """

    _LEAD = 3.0
    _STEADY_AFTER = 3.0

    def __init__(self, port: int, mount: str, file: RecordingFile, clock: Clock, first: int = 0) -> None:
        self.sent = first
        self._recording, self._clock, self._first = file.recording, clock, first
        target = Target(port, mount)
        self._connection = paced_encoder.handshake(argparse.Namespace(
            host=HOST, port=port, mount=target.mount, password=PASSWORD,
            content_type=CONTENT_TYPES[file.path.suffix.removeprefix(".")]))
        self._connection.settimeout(None)
        self.began = clock.now()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._play, daemon=True)
        self._thread.start()

    def __enter__(self) -> SteadyEncoder:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _play(self) -> None:
        length = len(self._recording)
        try:
            while not self._stopping.wait(0.004):
                due = self._due()
                if due > self.sent:
                    some = (self._recording.frames[number % length] for number in range(self.sent, due))
                    self._connection.sendall(frames.joined(some))
                    self.sent = due
        except OSError:
            # The server has gone, or `stop` was called while it did not read.
            return

    def _due(self) -> int:
        played = self._clock.now() - self.began
        lead = min(self._LEAD, max(0.0, played - self._STEADY_AFTER) / 3)
        return self._first + int((played + lead) / self._recording.frame_seconds)

    def stop(self) -> None:
        """Hangs up."""
        self._stopping.set()
        try:
            self._connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._thread.join(5)
        self._connection.close()


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time in milliseconds; a gap's has its reason."""

    start: int
    end: int
    reason: str = ""

    @property
    def seconds(self) -> float:
        """How long it is."""
        return (self.end - self.start) / 1_000


@dataclass(frozen=True, slots=True)
class Archive:
    """What archive.json says can be played."""

    ranges: list[Span]
    gaps: list[Span]
    titles: list[dict[str, Any]]


def archive(port: int, stream: str) -> Archive:
    """archive.json, after the rules that it must keep: ranges and gaps in order, without overlap, without holes."""
    answer = fetch(port, f"/{stream}/archive.json")
    assert answer.status == 200 and answer.headers["content-type"].startswith("application/json"), answer
    body = json.loads(answer.body)
    assert set(body) == {"ranges", "gaps", "titles"}, body
    spans = {name: [Span(playlist.milliseconds(each["start"]), playlist.milliseconds(each["end"]),
                         each.get("reason", "")) for each in body[name]] for name in ("ranges", "gaps")}
    assert all(gap.reason in REASONS for gap in spans["gaps"]), body["gaps"]
    last: Span | None = None
    for span in sorted(spans["ranges"] + spans["gaps"], key=lambda each: each.start):
        assert span.start < span.end, f"an empty or reversed span: {span}"
        assert last is None or abs(span.start - last.end) <= 1, f"{span} does not follow {last}"
        last = span
    times = [playlist.milliseconds(title["time"]) for title in body["titles"]]
    assert times == sorted(times), "titles out of order"
    return Archive(spans["ranges"], spans["gaps"], body["titles"])


@dataclass(frozen=True, slots=True)
class Download:
    """A downloaded stretch: the time of its first frame in milliseconds, and its frames."""

    start: int
    frames: list[frames.Frame]
    answer: Answer

    @property
    def body(self) -> bytes:
        """Its bytes."""
        return self.answer.body

    @property
    def milliseconds(self) -> float:
        """How long it plays."""
        return sum(frame.samples for frame in self.frames) * 1_000 / self.frames[0].rate

    @property
    def end(self) -> float:
        """The time behind its last frame, but for what is corrected at slot edges: at most 3 ms each."""
        return self.start + self.milliseconds


def download(port: int, stream: str, query: str, headers: Mapping[str, str] | None = None) -> Download:
    """A download, whole, with the headers that every one must have."""
    answer = fetch(port, f"/{stream}?{query}", headers=headers, timeout=30)
    assert answer.status == 200, f"/{stream}?{query}: {answer.status} {answer.body[:300]!r}"
    start = playlist.milliseconds(answer.headers["x-start-time"])
    kind = "aac" if answer.body[1] & 0xF6 == 0xF0 else "mp3"
    moment = datetime.fromtimestamp(start // 1_000, UTC).strftime("%Y%m%dT%H%M%SZ")
    assert answer.headers["content-disposition"] == f'attachment; filename="{stream}-{moment}.{kind}"'
    assert answer.headers["content-type"] == CONTENT_TYPES[kind]
    assert answer.headers["accept-ranges"] == "bytes" and re.fullmatch(r'"[^"]+"', answer.headers["etag"])
    assert int(answer.headers["content-length"]) == len(answer.body)
    assert "icy-metaint" not in answer.headers and "transfer-encoding" not in answer.headers
    return Download(start, frames.whole(answer.body), answer)


def wait_for_audio(port: int, stream: str, timeout: float = 20) -> None:
    """Waits until a stream has a playlist, and in it audio that can be listened to."""
    def probe() -> bool:
        listed = fetch(port, f"/{stream}.m3u8").status == 200
        return listed and bool(archive(port, stream).ranges)
    wait_until(probe, timeout, f"audio on /{stream}", every=0.01)


def wait_for_time(clock: Clock, moment: float, timeout: float = 60) -> None:
    """Waits until the station's clock shows a time."""
    wait_until(lambda: clock.now() >= moment, timeout, "the station's clock", every=0.001)

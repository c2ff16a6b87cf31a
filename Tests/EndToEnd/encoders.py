"""The encoders that feed the server: ffmpeg, libshout, curl, and our own paced one, each a real process."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Self

from server import PASSWORD
from web import HOST

FOLDER = Path(__file__).resolve().parent


class Encoder:
    """A running encoder: one process, or a pipeline whose last process talks to the server."""

    def __init__(self, *commands: list[str], log_path: Path, stdin_path: Path | None = None) -> None:
        self.log_path = log_path
        self.processes: list[subprocess.Popen[bytes]] = []
        with log_path.open("wb") as log, (stdin_path or Path("/dev/null")).open("rb") as first_input:
            source: IO[bytes] = first_input
            for number, command in enumerate(commands):
                is_last = number == len(commands) - 1
                process = subprocess.Popen(
                    command, stdin=source, stdout=log if is_last else subprocess.PIPE, stderr=log)
                self.processes.append(process)
                if not is_last and process.stdout is not None:
                    source = process.stdout
        for process in self.processes[:-1]:
            if process.stdout is not None:
                process.stdout.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def is_running(self) -> bool:
        """Whether the process that talks to the server lives."""
        return self.processes[-1].poll() is None

    @property
    def log(self) -> str:
        """What it has written."""
        return self.log_path.read_text(errors="replace")

    def wait(self, timeout: float) -> int:
        """Waits for it to end by itself and returns its exit code."""
        return self.processes[-1].wait(timeout=timeout)

    def stop(self) -> None:
        """Ends it."""
        for process in reversed(self.processes):
            if process.poll() is None:
                process.terminate()
            try:
                process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(timeout=5)


@dataclass(frozen=True, slots=True)
class Target:
    """Where an encoder connects."""

    port: int
    mount: str
    password: str = PASSWORD

    @property
    def url(self) -> str:
        """The address as `http://`."""
        return f"http://{HOST}:{self.port}/{self.mount}"


def _muxing(path: Path) -> list[str]:
    kind = "adts" if path.suffix == ".aac" else "mp3"
    return ["-re", "-stream_loop", "-1", "-i", str(path), "-c", "copy", "-f", kind]


def _content_type(path: Path) -> str:
    return "audio/aac" if path.suffix == ".aac" else "audio/mpeg"


def _ffmpeg_pipe(path: Path) -> list[str]:
    return ["ffmpeg", "-nostdin", "-v", "error", *_muxing(path), "-id3v2_version", "0", "pipe:1"] \
        if path.suffix == ".mp3" else ["ffmpeg", "-nostdin", "-v", "error", *_muxing(path), "pipe:1"]


def ffmpeg(target: Target, path: Path, log_path: Path, legacy: bool = False) -> Encoder:
    """ffmpeg to icecast://; before MP3 it sends an ID3 tag. With `legacy`, SOURCE in place of PUT."""
    command = ["ffmpeg", "-nostdin", "-hide_banner", "-v", "warning", *_muxing(path)]
    if path.suffix == ".aac":
        command += ["-content_type", "audio/aac"]
    if legacy:
        command += ["-legacy_icecast", "1"]
    command.append(f"icecast://source:{target.password}@{HOST}:{target.port}/{target.mount}")
    return Encoder(command, log_path=log_path)


def shout(target: Target, path: Path, log_path: Path, protocol: str = "http") -> Encoder:
    """libshout, which probes without credentials first and paces itself by the frames; `icy` is SHOUTcast v1."""
    return Encoder(
        [sys.executable, str(FOLDER / "libshout_encoder.py"), "--port", str(target.port), "--mount", target.mount,
         "--password", target.password, "--protocol", protocol, str(path)],
        log_path=log_path)


def _curl(target: Target, path: Path, *extra: str) -> list[str]:
    return ["curl", "-sS", "-u", f"source:{target.password}", "-H", f"Content-Type: {_content_type(path)}",
            *extra, target.url]


def curl_chunked(target: Target, path: Path, log_path: Path) -> Encoder:
    """curl -T -: a chunked PUT that expects a 100."""
    return Encoder(_ffmpeg_pipe(path), _curl(target, path, "-T", "-"), log_path=log_path)


def curl_chunked_without_expect(target: Target, path: Path, log_path: Path) -> Encoder:
    """curl -T - with the Expect header taken away."""
    return Encoder(_ffmpeg_pipe(path), _curl(target, path, "-T", "-", "-H", "Expect:"), log_path=log_path)


def curl_with_length(target: Target, path: Path, log_path: Path) -> Encoder:
    """curl -T FILE: a PUT with Content-Length, faster than real time, so that the server must hold it back.

    curl sends 64 KiB at a time, 4 s of audio, and then waits: at half as fast again as real time less than the 3 s after
    which a part is closed without its source.
    """
    rate = str(int(path.stat().st_size / 150 * 1.5))
    return Encoder(_curl(target, path, "-T", str(path), "--limit-rate", rate), log_path=log_path)


def curl_source(target: Target, path: Path, log_path: Path) -> Encoder:
    """curl -X SOURCE: the method of Icecast on an HTTP/1.1 request, the body neither chunked nor counted."""
    headers = ("-X", "SOURCE", "-H", "Transfer-Encoding:", "-H", "Expect:")
    return Encoder(_ffmpeg_pipe(path), _curl(target, path, "-T", "-", *headers), log_path=log_path)


@dataclass(frozen=True, slots=True)
class SentFrame:
    """A frame's number since the start, the UTC time in seconds at which it was sent, and how late that was."""

    number: int
    sent_at: float
    lateness: float


class PacedEncoder(Encoder):
    """Our own encoder, which knows when it sent each frame."""

    def __init__(self, target: Target, path: Path, log_path: Path, first: int = 0) -> None:
        self.sent_path = log_path.with_suffix(".sent")
        super().__init__(
            [sys.executable, str(FOLDER / "paced_encoder.py"), "--port", str(target.port), "--mount", target.mount,
             "--password", target.password, "--content-type", _content_type(path), "--first", str(first),
             "--log", str(self.sent_path), str(path)],
            log_path=log_path)

    def sent(self) -> list[SentFrame]:
        """What it has sent so far."""
        if not self.sent_path.exists():
            return []
        lines = self.sent_path.read_text().split("\n")[:-1]
        rows = (line.split() for line in lines)
        return [SentFrame(int(number), float(sent_at), float(lateness)) for number, sent_at, lateness in rows]

"""One server for the whole run, fed from the first test on by encoders that never stop; and servers to break."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import audio
import encoders
import hls
from audio import RecordingFile
from conditions import wait_until
from encoders import Encoder, PacedEncoder, Target
from frames import Recording
from server import REPOSITORY, Server, configuration

# First what needs no history, so that the streams are over a minute old when rewinding is tested.
ORDER = ("harness", "admin", "commands", "store", "disk", "archive", "sources", "hostile", "players", "hls", "outputs")

# A small interval tells on which frame a title begins; 1,024 bytes are 85 ms of the paced stream.
STREAMS: dict[str, dict[str, Any]] = {
    "test": {"seconds": 14_400, "burst": 10, "metaTitle": "Testing", "root_route": True},
    "aac": {"burst": 10},
    "paced": {"burst": 10, "meta_interval": 1_024},
    "idle": {},
}
ENCODER_MOUNTS = ("put", "legacy", "libshout", "icy", "chunked", "unexpected", "counted", "source", "heaac",
                  "refused", "standby", "returning", "looped", "pipelined")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sorts the files by ORDER and keeps the order inside each."""
    def rank(item: pytest.Item) -> int:
        name = item.path.stem.removeprefix("test_")
        return ORDER.index(name) if name in ORDER else len(ORDER)
    items.sort(key=rank)


@dataclass(slots=True)
class Feed:
    """A stream of the common server: what feeds it, and when its playlist first answered."""

    name: str
    recording: Recording
    encoder: Encoder
    started_at: float
    playlist_after: float = 0

    @property
    def age(self) -> float:
        """Seconds since the encoder started."""
        return time.monotonic() - self.started_at


@dataclass(slots=True)
class Feeds:
    """The common server and its three steady streams: MP3 from ffmpeg, AAC from ffmpeg, MP3 from the paced encoder."""

    server: Server
    mp3: Feed
    aac: Feed
    paced: Feed

    @property
    def paced_encoder(self) -> PacedEncoder:
        """The encoder that knows when it sent each frame."""
        assert isinstance(self.paced.encoder, PacedEncoder)
        return self.paced.encoder


@pytest.fixture(scope="session")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, RecordingFile]:
    """`mp3` (44.1 kHz, 128 kbit/s), `mp3-48` (48 kHz, 96 kbit/s), `aac` (44.1 kHz), and `heaac` from the fixtures."""
    folder = tmp_path_factory.mktemp("recordings")
    folder.chmod(0o755)
    made = audio.make({
        "mp3": audio.mp3_command(folder / "mp3-44100-128k.mp3", 44_100, 128, seed=1),
        "mp3-48": audio.mp3_command(folder / "mp3-48000-96k.mp3", 48_000, 96, seed=2),
        "aac": audio.aac_command(folder / "aac-44100-96k.aac", 44_100, 96, seed=3),
    })
    made["heaac"] = RecordingFile(REPOSITORY / "hls-fixtures" / "audio" / "he-aac-v1-48000-64k.aac")
    return made


@pytest.fixture(scope="session")
def common_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server that most tests share. It must end well, too."""
    streams = STREAMS | {mount: {"burst": 10} for mount in ENCODER_MOUNTS}
    server = Server(tmp_path_factory.mktemp("common"), configuration(streams))
    try:
        yield server
    except BaseException:
        server.kill()
        raise
    server.stop()


@pytest.fixture(scope="session")
def feeds(
    common_server: Server, recordings: dict[str, RecordingFile], tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Feeds]:
    """The common server with its steady streams, all of them listed."""
    logs = tmp_path_factory.mktemp("encoders")

    def start(kind: Callable[..., Encoder], mount: str, recording: str) -> Feed:
        file = recordings[recording]
        encoder = kind(Target(common_server.source_port, mount), file.path, logs / f"{mount}.log")
        return Feed(mount, file.recording, encoder, time.monotonic())

    running = Feeds(common_server, start(encoders.ffmpeg, "test", "mp3"), start(encoders.ffmpeg, "aac", "aac"),
                    start(PacedEncoder, "paced", "mp3-48"))
    all_feeds = (running.mp3, running.aac, running.paced)
    try:
        for feed in all_feeds:
            wait_until(lambda: hls.is_available(common_server.port, f"/{feed.name}.m3u8"), 20,
                       f"the playlist of /{feed.name}; the encoder says: {feed.encoder.log}")
            feed.playlist_after = feed.age
        yield running
        for feed in all_feeds:
            assert feed.encoder.is_running, f"the encoder of /{feed.name} ended: {feed.encoder.log}"
    finally:
        for feed in all_feeds:
            feed.encoder.stop()


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Starts servers of a test's own; those that still run at its end are stopped and must stop well."""
    started: list[Server] = []

    def start(streams: dict[str, dict[str, Any]], **overrides: Any) -> Server:
        server = Server(tmp_path / f"server-{len(started)}", configuration(streams, **overrides))
        started.append(server)
        return server

    yield start
    for server in started:
        if server.is_running:
            server.stop()


@pytest.fixture(scope="session", autouse=True)
def programs() -> None:
    """Says at once which of the real programs is missing."""
    needed = ("ffmpeg", "ffprobe", "curl", "mpg123", "mpv", "cvlc", "chromium", "chromedriver", "setpriv")
    missing = [program for program in needed if shutil.which(program) is None]
    if missing:
        pytest.exit(f"install {', '.join(missing)} first: tools/test does", returncode=1)

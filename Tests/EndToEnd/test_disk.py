"""Disks that fail, fill up or cannot be read: live listening goes on, the operator is told, and nothing is lost."""

from __future__ import annotations

import http.client
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import frames
from archive import Clock, Download, Station, SteadyEncoder, download, wait_for_audio, wait_for_time
from audio import RecordingFile
from conditions import wait_until
from playlist import milliseconds
from recorder import Run, SegmentRecorder
from web import Listener, fetch

FOLDER = Path(__file__).resolve().parent
RATE = 20
# Bytes per second of the MP3 recording, about.
MP3_RATE = 16_000
STREAM = {"mp3": {"burst": 10, "seconds": 3_600}}


class Disk:
    """A disk whose faults are switched on and off while a server uses it."""

    def __init__(self, directory: Path, library: Path) -> None:
        self._control = directory / "faults"
        self.variables = {"LD_PRELOAD": str(library), "FAULTS_CONTROL": str(self._control)}

    def fail(self, *faults: str) -> None:
        """Makes operations fail as `faults.c` says."""
        fresh = self._control.with_suffix(".new")
        fresh.write_text("".join(f"{fault}\n" for fault in faults))
        fresh.replace(self._control)

    def heal(self) -> None:
        """Makes all operations work again."""
        self.fail()


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """faults.c, compiled."""
    path = tmp_path_factory.mktemp("faults") / "faults.so"
    compiler = shutil.which("cc") or shutil.which("clang")
    assert compiler is not None, "a C compiler is needed"
    subprocess.run([compiler, "-shared", "-fPIC", "-O2", "-Wall", "-Wextra", "-Werror", "-o", str(path),
                    str(FOLDER / "faults.c")], check=True, timeout=60)
    return path


def hear(listener: Listener, seconds: float) -> None:
    """Waits for some seconds more of the MP3 recording."""
    listener.wait_for_bytes(len(listener.audio) + int(seconds * MP3_RATE), 30)


def store_warnings(station: Station) -> list[str]:
    """What /readyz warns about the store."""
    return [warning for warning in station.warnings() if "store" in warning]


@pytest.mark.parametrize(("fault", "reason"), [
    ("write ENOSPC", "No space left on device"), ("write EIO", "Input/output error"),
    ("write torn", "No space left on device"), ("sync EIO", "Input/output error"),
])
def test_a_disk_that_fails_is_a_warning_and_nothing_is_lost(
    recordings: dict[str, RecordingFile], tmp_path: Path, library: Path, fault: str, reason: str,
) -> None:
    disk, clock = Disk(tmp_path, library), Clock(RATE)
    with Station(tmp_path, STREAM, clock) as station:
        station.start(disk.variables)
        with SteadyEncoder(station.server.source_port, "mp3", recordings["mp3"], clock):
            wait_for_audio(station.port, "mp3")
            with Listener(station.port, "/mp3?offset=1") as listener:
                hear(listener, 8)
                assert station.warnings() == []
                disk.fail(fault)
                said = wait_until(lambda: store_warnings(station), 20, "a warning in /readyz")
                assert len(said) == 1 and said[0].startswith("mp3: store: cannot "), said
                assert f"{reason}; live listening goes on from memory" in said[0], said
                hear(listener, 20)
                disk.heal()
                wait_until(lambda: not store_warnings(station), 20, "the warning to go")
                hear(listener, 4)
                station.kill()
                wait_until(lambda: listener.has_ended, 10, "the listener's end")
                recordings["mp3"].recording.run(listener.frames)
                check_stored(station, listener)


def check_stored(station: Station, listener: Listener) -> None:
    """After a restart all that the listener has heard is there."""
    station.inspect()
    station.start()
    start = milliseconds(listener.headers["x-start-time"])
    stored = download(station.port, "mp3", f"from={start}").body
    assert stored.startswith(listener.audio), f"{len(listener.audio)} bytes were heard, {len(stored)} are stored"


def test_a_disk_that_takes_half_of_each_write_is_no_fault(
    recordings: dict[str, RecordingFile], tmp_path: Path, library: Path,
) -> None:
    disk, clock = Disk(tmp_path, library), Clock(RATE)
    disk.fail("write short")
    with Station(tmp_path, STREAM, clock) as station:
        station.start(disk.variables)
        with SteadyEncoder(station.server.source_port, "mp3", recordings["mp3"], clock):
            wait_for_audio(station.port, "mp3")
            with Listener(station.port, "/mp3?offset=1") as listener:
                hear(listener, 15)
                assert station.warnings() == []
                station.kill()
                wait_until(lambda: listener.has_ended, 10, "the listener's end")
                check_stored(station, listener)


def test_a_disk_that_cannot_be_read_harms_no_live_listener(
    recordings: dict[str, RecordingFile], tmp_path: Path, library: Path,
) -> None:
    disk, clock = Disk(tmp_path, library), Clock(RATE)
    with Station(tmp_path, STREAM, clock) as station:
        station.start(disk.variables)
        with SteadyEncoder(station.server.source_port, "mp3", recordings["mp3"], clock):
            wait_for_audio(station.port, "mp3")
            player = SegmentRecorder(station.port, "/mp3.m3u8")
            with Listener(station.port, "/mp3?offset=1") as listener:
                begun = clock.now()
                wait_for_time(clock, begun + 130)
                player.stop()
                run = Run(list(player.segments.values()))
                # Three stretches that no request has warmed up; all are older than the 60 s in memory.
                first, second, third = [(round((begun + at) * 1_000), round((begun + at + 12) * 1_000))
                                        for at in (5, 20, 35)]
                check_unreadable(station, disk, run, first, second)
                disk.fail("read short")
                assert [frame.data for frame in stretch(station, *third).frames] == run.between(*third)
                disk.heal()
                hear(listener, 2)
                recordings["mp3"].recording.run(listener.frames)
                assert "damaged record" not in station.server.log


def stretch(station: Station, start: int, end: int) -> Download:
    """A download."""
    return download(station.port, "mp3", f"from={start}&to={end}")


def check_unreadable(
    station: Station, disk: Disk, run: Run, first: tuple[int, int], second: tuple[int, int],
) -> None:
    """While reads fail nobody gets what was never on air; afterwards everything is there again."""
    disk.fail("read EIO")
    for start, end in (first, second):
        try:
            answer = fetch(station.port, f"/mp3?from={start}&to={end}", timeout=10)
        except (OSError, http.client.HTTPException):
            # A download that cannot go on is reset, so that no client takes it for whole.
            continue
        if answer.status == 200:
            on_air = set(run.between(start, end))
            assert all(frame.is_silent or frame.data in on_air for frame in frames.whole(answer.body))
    disk.heal()
    for start, end in (first, second):
        wait_until(lambda: [frame.data for frame in stretch(station, start, end).frames] == run.between(start, end),
                   10, "the audio to be there again")


@contextmanager
def small_disk(path: Path) -> Iterator[None]:
    """A file system of 2 MB, where this user may mount one."""
    path.mkdir(parents=True)
    if os.geteuid() != 0:
        pytest.skip("only root may mount a small file system")
    mounting = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(path)], check=False,
                              capture_output=True, text=True)
    if mounting.returncode != 0:
        pytest.skip(f"no small file system can be mounted here: {mounting.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(path)], check=True, timeout=10)


def test_a_disk_that_is_really_full(recordings: dict[str, RecordingFile], tmp_path: Path) -> None:
    clock = Clock(RATE)
    with small_disk(tmp_path / "store"), Station(tmp_path, STREAM, clock) as station:
        ballast = station.store / "ballast"
        ballast.write_bytes(bytes(1_500_000))
        station.start()
        with SteadyEncoder(station.server.source_port, "mp3", recordings["mp3"], clock):
            wait_for_audio(station.port, "mp3")
            with Listener(station.port, "/mp3?offset=1") as listener:
                said = wait_until(lambda: store_warnings(station), 30, "a warning in /readyz")
                assert "No space left on device; live listening goes on from memory" in said[0]
                hear(listener, 15)
                ballast.unlink()
                wait_until(lambda: not store_warnings(station), 20, "the warning to go")
                station.kill()
                wait_until(lambda: listener.has_ended, 10, "the listener's end")
                recordings["mp3"].recording.run(listener.frames)
                check_stored(station, listener)
                station.kill()

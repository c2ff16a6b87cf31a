# filling.py: stores on disk, filled with hours of audio by the production log writer with a fast clock.

import os
import shutil
import time
from dataclasses import dataclass

from .process import Failure, Process
from .servers import stream

SLOT_SECONDS = 5.76
SPARE = 1 << 30  # free space that a row leaves alone
DROP_CACHES = "/proc/sys/vm/drop_caches"


@dataclass
class Store:
    """A filled store: its streams are s01, s02, ..., and their audio ends at `ended` of the monotonic clock."""

    directory: str
    streams: int
    hours: float
    kilobits: int
    ended: float
    summary: str

    def names(self):
        return [f"s{number:02d}" for number in range(1, self.streams + 1)]

    def segments(self):
        return int(self.streams * self.hours * 3600 / SLOT_SECONDS)

    def settings(self):
        """The streams of a server that is opened on it: with a window that holds all there is, for hours yet."""
        return {name: stream(seconds=int(self.hours * 3600) + 7200) for name in self.names()}

    def offsets(self, margin=60):
        """The newest and the oldest offset, in seconds behind live, that are in the filled audio for a while."""
        age = time.monotonic() - self.ended
        return int(age + margin), int(age + self.hours * 3600 - margin)

    def remove(self):
        shutil.rmtree(self.directory, ignore_errors=True)


def fill(bench, name, streams, hours, kilobits):
    """Fills a store in the scratch directory, and puts it on the disk; a row without room for it is skipped."""
    size = int(streams * hours * 3600 * kilobits * 125 * 1.1)
    need_room(bench, size)
    directory = os.path.join(bench.scratch, name)
    ended = time.monotonic()
    command = [bench.filler, "--dir", directory, "--streams", str(streams), "--hours", str(hours),
               "--bitrate", str(kilobits)]
    with Process("fillstore", command, bench.server_cores | bench.load_cores, bench.scratch) as filler:
        summary = filler.read_line(600)
        while not summary.startswith(f"{streams} streams"):
            summary = filler.read_line(600)
    os.sync()
    store = Store(directory, streams, hours, kilobits, ended, summary)
    bench.record("store", name, 0, {"filled": summary})
    return store


def need_room(bench, size):
    free = shutil.disk_usage(bench.scratch).free
    if free < size + SPARE:
        raise Failure(f"{size / 1e9:.1f} GB are needed and {free / 1e9:.1f} GB free in {bench.scratch}; TMPDIR names"
                      " another place")


def can_drop_page_cache():
    return os.access(DROP_CACHES, os.W_OK)


def drop_page_cache():
    """Makes the kernel forget what it has of files, which takes root."""
    os.sync()
    with open(DROP_CACHES, "w") as file:
        file.write("3\n")

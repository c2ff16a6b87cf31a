"""Downloads a day of audio and compares it, octet by octet, with what a reader of its own finds in the log files."""

from __future__ import annotations

import http.client
import struct
import subprocess
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

from archive import Clock, Station, archive

STREAM = "s01"
HEAD = struct.Struct("<4sIIII")
FIXED_HEADER, SILENCE_LENGTH_AT = 60, 56
FLAGS_AT, FRAME_COUNT_AT, IS_REPEATED = 42, 44, 4
PIECE = 1 << 20
# What a server's memory may move by whatever it does.
MEMORY_MARGIN = 8 << 20


def stored_audio(directory: Path) -> Iterator[bytes]:
    """The audio of every record of a stream, in order (docs/store.md has the format)."""
    for log in sorted(directory.glob("*.log"), key=lambda path: int(path.stem)):
        with log.open("rb") as file:
            header = file.read(FIXED_HEADER)
            assert header[:8] == b"SMSEGLOG", f"{log} is no log"
            file.seek(struct.unpack_from("<I", header, SILENCE_LENGTH_AT)[0] + 4, 1)
            while head := file.read(HEAD.size):
                magic, description_length, audio_length, _, _ = HEAD.unpack(head)
                assert magic == b"PART", f"{log} has no record at {file.tell() - HEAD.size}"
                description, audio = file.read(description_length), file.read(audio_length)
                flags, = struct.unpack_from("<H", description, FLAGS_AT)
                frames, = struct.unpack_from("<I", description, FRAME_COUNT_AT)
                yield audio * frames if flags & IS_REPEATED else audio


class Comparison:
    """Stored audio, against which what arrives is held."""

    def __init__(self, parts: Iterator[bytes]) -> None:
        self._parts = parts
        self._ahead = b""

    def begin(self, first: bytes) -> None:
        """Finds where in the stored audio the first octets lie: silence before the first audio is not offered."""
        while (place := self._ahead.find(first)) < 0:
            self._ahead = self._ahead[-len(first):] + next(self._parts)
        self._ahead = self._ahead[place:]

    def take(self, received: bytes) -> None:
        """Compares the next octets."""
        while len(self._ahead) < len(received):
            self._ahead += next(self._parts)
        assert self._ahead.startswith(received), "the download differs from what is stored"
        self._ahead = self._ahead[len(received):]

    def is_at_end(self) -> bool:
        """Whether nothing stored is left."""
        return not self._ahead and next(self._parts, None) is None


def run(directory: Path, filler: Path, hours: float) -> str:
    """Fills a store with some hours, downloads them, and says what was compared."""
    subprocess.run([filler, "--dir", directory / "store", "--streams", "1", "--hours", str(hours), "--bitrate", "48"],
                   check=True, stdout=subprocess.DEVNULL)
    logs = next((directory / "store").glob(f"{STREAM}-*"))
    # Before the server starts: it lays silence behind the stored audio.
    parts = list(stored_audio(logs))
    with Station(directory, {STREAM: {"seconds": int(hours * 3_600) + 7_200}}, Clock(1)) as station:
        station.start()
        span = archive(station.port, STREAM).ranges
        query = urllib.parse.urlencode({"from": round(span[0].start), "to": round(span[-1].end)})
        comparison = Comparison(iter(parts))
        count, growth = download(station, f"/{STREAM}?{query}", comparison)
    assert comparison.is_at_end(), "the download ends before the stored audio does"
    assert growth <= MEMORY_MARGIN, f"the server grew by {growth} octets"
    return f"{hours:g} h, {count} of {sum(map(len, parts))} stored octets, the same; the server grew by {growth / 1e6:.1f} MB"


def download(station: Station, target: str, comparison: Comparison) -> tuple[int, int]:
    """Downloads and compares; returns how much came and by how much the server's memory grew meanwhile."""
    connection = http.client.HTTPConnection("127.0.0.1", station.port, timeout=60)
    try:
        before = station.server.resident_bytes
        connection.request("GET", target)
        answer = connection.getresponse()
        assert answer.status == 200, answer.status
        length, count, most = int(answer.headers["Content-Length"]), 0, before
        while piece := answer.read(PIECE):
            if count == 0:
                comparison.begin(piece[:4_096])
            comparison.take(piece)
            count += len(piece)
            most = max(most, station.server.resident_bytes)
        assert count == length, f"{count} of {length} octets"
        return count, most - before
    finally:
        connection.close()

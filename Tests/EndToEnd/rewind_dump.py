"""Writes StreamMachine's rewind dumps byte by byte, as its 2013 to 2020 versions did (streammachine-behaviour 3.5)."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from frames import Frame, joined

SECONDS_PER_CHUNK = 2


@dataclass(frozen=True, slots=True)
class Chunk:
    """About two seconds of frames: when they began, how long they play, and the title then in force."""

    time: int
    milliseconds: float
    title: str
    data: bytes


def chunks(frames: Sequence[Frame], start: int, titles: Sequence[str]) -> Iterator[Chunk]:
    """Cuts frames as StreamMachine's FrameChunker does: a chunk ends when it is over its target, which dithers."""
    step = frames[0].samples * 1_000 / frames[0].rate
    target = float(SECONDS_PER_CHUNK * 1_000)
    time, pending, number = float(start), list[Frame](), 0
    for frame in frames:
        pending.append(frame)
        if len(pending) * step > target:
            length = len(pending) * step
            yield Chunk(int(time), length, titles[number % len(titles)], joined(pending))
            target += SECONDS_PER_CHUNK * 1_000 - length
            time, pending, number = time + length, [], number + 1


def _date(milliseconds: int) -> str:
    """A JavaScript Date as JSON.stringify writes it."""
    moment = datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=milliseconds)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _text(value: object) -> bytes:
    """JSON without blanks, as JavaScript writes it."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def dump(stream_key: str, kept: Sequence[Chunk]) -> bytes:
    """The dump of chunks that are given oldest first; it holds them newest first."""
    out = bytearray()
    header = _text({
        "start_ts": _date(kept[0].time), "end_ts": _date(kept[-1].time), "secs_per_chunk": SECONDS_PER_CHUNK,
        "stream_key": stream_key,
    })
    out += struct.pack("<I", len(header)) + header
    for chunk in reversed(kept):
        meta = _text({"ts": _date(chunk.time), "meta": {"StreamTitle": chunk.title, "StreamUrl": ""},
                      "duration": chunk.milliseconds})
        out += struct.pack("<B", len(meta)) + meta + struct.pack("<H", len(chunk.data)) + chunk.data
    return bytes(out)

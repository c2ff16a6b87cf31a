"""Follows playlists as a player would: loads them, fetches what they list, and takes the audio out of its container."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import frames
import id3
import playlist
import transport_stream
from conditions import wait_until
from web import Answer, fetch, resolve


@dataclass(slots=True)
class FetchedSegment:
    """A segment, its bytes, its frames, and the 90 kHz time of its first."""

    listed: playlist.MediaSegment
    data: bytes
    frames: list[frames.Frame]
    timestamp: int

    @property
    def samples(self) -> int:
        """Samples per channel in it."""
        return sum(frame.samples for frame in self.frames)

    def time_of(self, frame: int) -> float:
        """The media time of one of its frames, in milliseconds: its date and the samples before."""
        assert self.listed.date is not None
        return self.listed.date + sum(each.samples for each in self.frames[:frame]) * 1_000 / self.frames[0].rate


def load(port: int, target: str) -> playlist.MediaPlaylist:
    """Loads a media playlist, checking how it was served."""
    answer = fetch(port, target)
    if answer.status != 200:
        raise AssertionError(f"GET {target}: {answer.status} {answer.body[:300]!r}")
    if answer.headers.get("content-type", "").split(";")[0] not in ("application/vnd.apple.mpegurl", "audio/mpegurl"):
        raise AssertionError(f"GET {target}: Content-Type {answer.headers.get('content-type')}")
    return playlist.parse_media(answer.text)


def wait_for_segments(
    port: int, target: str, count: int, timeout: float, after: int | None = None,
) -> playlist.MediaPlaylist:
    """Waits until a playlist lists `count` segments (with numbers above `after`)."""
    def probe() -> playlist.MediaPlaylist | None:
        loaded = load(port, target)
        listed = [segment for segment in loaded.segments if after is None or segment.number > after]
        return loaded if len(listed) >= count else None
    return wait_until(probe, timeout, f"{count} segments in {target}", every=0.25)


def fetch_segment(port: int, base: str, segment: playlist.MediaSegment) -> FetchedSegment:
    """Fetches one listed segment and unpacks it by what it is, not by what it is called."""
    target = resolve(base, segment.uri)
    answer = fetch(port, target)
    if answer.status != 200:
        raise AssertionError(f"GET {target}: {answer.status} {answer.body[:300]!r}")
    found, timestamp = unpack(answer.body)
    return FetchedSegment(segment, answer.body, found, timestamp)


def unpack(data: bytes) -> tuple[list[frames.Frame], int]:
    """The frames of a segment and the 90 kHz time of the first."""
    if data[:1] == b"\x47":
        stream = transport_stream.demultiplex(data)
        return frames.whole(stream.audio), stream.pes[0].pts
    tag, rest = id3.take(data)
    return frames.whole(rest), tag.timestamp


def fetch_all(port: int, base: str, segments: Sequence[playlist.MediaSegment]) -> list[FetchedSegment]:
    """Fetches several segments."""
    return [fetch_segment(port, base, segment) for segment in segments]


def concatenated(segments: Sequence[FetchedSegment]) -> list[frames.Frame]:
    """The frames of segments, end to end."""
    return [frame for segment in segments for frame in segment.frames]


def is_available(port: int, target: str) -> Answer | None:
    """The answer for a playlist, once it is a 200."""
    answer = fetch(port, target)
    return answer if answer.status == 200 else None

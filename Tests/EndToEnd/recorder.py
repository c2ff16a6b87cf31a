"""Keeps what a live playlist lists, as a player fetches it, and lays its frames out in time."""

from __future__ import annotations

import http.client
import threading
from bisect import bisect_left
from collections.abc import Sequence

import frames
import hls
import playlist
from web import fetch, resolve


class SegmentRecorder:
    """Follows a live playlist as a player would, and keeps every segment that it lists, byte for byte."""

    def __init__(self, port: int, target: str) -> None:
        self.target = target
        self._port = port
        self._latest: playlist.MediaPlaylist | None = None
        self._segments: dict[str, hls.FetchedSegment] = {}
        self._fault: AssertionError | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()

    def _follow(self) -> None:
        try:
            while not self._stopping.wait(0.05):
                answer = fetch(self._port, self.target)
                if answer.status == 503:
                    continue
                assert answer.status == 200, f"{self.target}: {answer.status} {answer.text}"
                self._latest = playlist.parse_media(answer.text)
                for segment in self._latest.segments:
                    self._keep(segment)
        except AssertionError as fault:
            self._fault = fault
        except (OSError, http.client.HTTPException):
            # The server was killed.
            return

    def _keep(self, segment: playlist.MediaSegment) -> None:
        target = resolve(self.target, segment.uri)
        if target not in self._segments and not self._stopping.is_set():
            self._segments[target] = hls.fetch_segment(self._port, self.target, segment)

    @property
    def latest(self) -> playlist.MediaPlaylist | None:
        """The playlist that was fetched last."""
        if self._fault is not None:
            raise self._fault
        return self._latest

    @property
    def segments(self) -> dict[str, hls.FetchedSegment]:
        """The segments fetched so far by their targets, oldest first."""
        if self._fault is not None:
            raise self._fault
        return dict(self._segments)

    def stop(self) -> None:
        """Ends following; what was kept stays."""
        self._stopping.set()
        self._thread.join(15)
        assert self.latest is not None, f"{self.target} was never listed"


class Run:
    """Frames with their media times in milliseconds, as HLS tells them: PROGRAM-DATE-TIME and samples."""

    def __init__(self, segments: Sequence[hls.FetchedSegment]) -> None:
        ordered = sorted(segments, key=lambda segment: segment.listed.number)
        numbers = [segment.listed.number for segment in ordered]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers))), f"slots are missing: {numbers}"
        self.times: list[float] = []
        self.frames: list[frames.Frame] = []
        for segment in ordered:
            assert segment.listed.date is not None
            step = segment.frames[0].samples * 1_000 / segment.frames[0].rate
            self.times += [segment.listed.date + number * step for number in range(len(segment.frames))]
            self.frames += segment.frames

    def index(self, moment: float) -> int:
        """The first frame not before a time; a millionth of a millisecond forgives binary fractions."""
        return bisect_left(self.times, moment - 1e-6)

    def between(self, start: float, end: float) -> list[bytes]:
        """The frames with start <= time < end."""
        return [frame.data for frame in self.frames[self.index(start):self.index(end)]]

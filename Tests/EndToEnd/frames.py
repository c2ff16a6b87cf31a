"""Splits MPEG audio and ADTS into frames, written from the standards and sharing nothing with the server."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

# ISO/IEC 11172-3 table 2.4.2.3 and 13818-3: kbit/s by (MPEG-1?, layer), index 1...14.
_BIT_RATES: dict[tuple[bool, int], tuple[int, ...]] = {
    (True, 1): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (True, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, 1): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (False, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (False, 3): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_MPEG_RATES = (44_100, 48_000, 32_000)
_ADTS_RATES = (96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350)
# The access unit that stands for silence in AAC-LC stereo (time-and-hls.md, rule 17).
_AAC_SILENCE = bytes.fromhex("210049900219002380")


class FrameError(AssertionError):
    """Bytes that should be audio frames, end to end, are not."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame with its header, exactly as it was found."""

    data: bytes
    samples: int
    rate: int
    channels: int

    @property
    def is_silent(self) -> bool:
        """Whether this is a frame that a server makes up where its source sent nothing."""
        if self.data[1] & 0x06 == 0:
            return self.data[7 if self.data[1] & 1 else 9:] == _AAC_SILENCE
        return not any(self.data[4 if self.data[1] & 1 else 6:])


def split(data: bytes) -> tuple[list[Frame], bytes]:
    """Cuts `data` into frames, which must begin at its first byte; also returns the bytes of a cut-off last one."""
    frames: list[Frame] = []
    at = 0
    while at + 7 <= len(data):
        length, samples, rate, channels = _header(data, at)
        if at + length > len(data):
            break
        frames.append(Frame(data[at:at + length], samples, rate, channels))
        at += length
    return frames, data[at:]


def whole(data: bytes) -> list[Frame]:
    """Cuts `data` into frames and insists that nothing is left over."""
    frames, rest = split(data)
    if rest:
        raise FrameError(f"{len(rest)} bytes follow the last whole frame ({len(frames)} frames)")
    return frames


def _header(data: bytes, at: int) -> tuple[int, int, int, int]:
    if data[at] != 0xFF or data[at + 1] & 0xE0 != 0xE0:
        raise FrameError(f"no frame at byte {at}: {data[at:at + 8].hex(' ')}")
    if data[at + 1] & 0xF6 == 0xF0:
        return _adts_header(data, at)
    return _mpeg_header(data, at)


def _adts_header(data: bytes, at: int) -> tuple[int, int, int, int]:
    rate_index = data[at + 2] >> 2 & 0x0F
    length = (data[at + 3] & 0x03) << 11 | data[at + 4] << 3 | data[at + 5] >> 5
    channels = (data[at + 2] & 1) << 2 | data[at + 3] >> 6
    if rate_index >= len(_ADTS_RATES) or length < 7:
        raise FrameError(f"impossible ADTS header at byte {at}: {data[at:at + 7].hex(' ')}")
    return length, 1_024 * ((data[at + 6] & 0x03) + 1), _ADTS_RATES[rate_index], channels


def _mpeg_header(data: bytes, at: int) -> tuple[int, int, int, int]:
    version, layer = data[at + 1] >> 3 & 0x03, 4 - (data[at + 1] >> 1 & 0x03)
    bit_rate_index, rate_index = data[at + 2] >> 4, data[at + 2] >> 2 & 0x03
    if version == 1 or layer == 4 or bit_rate_index in (0, 15) or rate_index == 3:
        raise FrameError(f"impossible MPEG audio header at byte {at}: {data[at:at + 4].hex(' ')}")
    is_mpeg1 = version == 3
    rate = _MPEG_RATES[rate_index] >> {3: 0, 2: 1, 0: 2}[version]
    bits_per_second = _BIT_RATES[is_mpeg1, layer][bit_rate_index - 1] * 1_000
    samples = 384 if layer == 1 else 1_152 if layer == 2 or is_mpeg1 else 576
    padding = data[at + 2] >> 1 & 1
    if layer == 1:
        length = (12 * bits_per_second // rate + padding) * 4
    else:
        length = samples // 8 * bits_per_second // rate + padding
    return length, samples, rate, 1 if data[at + 3] >> 6 == 3 else 2


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of a recording: its first frame and how many follow without a gap."""

    first: int
    count: int

    @property
    def end(self) -> int:
        """The index after the last frame; counts on past the end of a recording that was looped."""
        return self.first + self.count


class Recording:
    """The frames of a file that an encoder plays over and over, each unlike any other, so that a run has one place."""

    def __init__(self, data: bytes) -> None:
        self.frames: list[Frame] = whole(data)
        self._places: dict[bytes, int] = {frame.data: index for index, frame in enumerate(self.frames)}
        if len(self._places) != len(self.frames):
            raise FrameError("the recording repeats a frame, so that a run in it has no single place")

    def __len__(self) -> int:
        return len(self.frames)

    @property
    def frame_seconds(self) -> float:
        """The length of one frame."""
        return self.frames[0].samples / self.frames[0].rate

    def place(self, frame: Frame) -> int | None:
        """The index of a frame, or None for a frame that the encoder never sent."""
        return self._places.get(frame.data)

    def run(self, frames: Sequence[Frame]) -> Run:
        """Finds where `frames` lie, and fails unless they are one unbroken, unaltered run of the recording."""
        if not frames:
            raise FrameError("no frames at all")
        first = self.place(frames[0])
        if first is None:
            raise FrameError(f"frame 0 of {len(frames)} is not the source's: {frames[0].data[:16].hex(' ')}")
        for number, frame in enumerate(frames):
            expected = (first + number) % len(self.frames)
            if frame.data != self.frames[expected].data:
                found = self.place(frame)
                what = f"the source's frame {found}" if found is not None else "no frame of the source"
                raise FrameError(f"frame {number} of {len(frames)} should be the source's {expected}, but is {what}")
        return Run(first, len(frames))


def without_leading_silence(frames: Sequence[Frame]) -> list[Frame]:
    """Drops the silent frames that a cold start puts before the source's first."""
    for number, frame in enumerate(frames):
        if not frame.is_silent:
            return list(frames[number:])
    return []


def joined(frames: Iterable[Frame]) -> bytes:
    """The bytes of the frames, end to end."""
    return b"".join(frame.data for frame in frames)

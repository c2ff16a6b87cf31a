"""Takes the metadata out of an ICY answer, remembering at which byte of audio each title stood."""

from __future__ import annotations

import re
from dataclasses import dataclass


class IcyError(AssertionError):
    """A metadata block that no player could read."""


@dataclass(frozen=True, slots=True)
class TitleBlock:
    """A metadata block that was not empty, and the number of audio bytes before it."""

    audio_offset: int
    title: str
    url: str | None


class IcyStripper:
    """Separates audio from metadata, fed with pieces of any size."""

    def __init__(self, interval: int) -> None:
        if interval <= 0:
            raise IcyError(f"icy-metaint is {interval}")
        self.interval = interval
        self.audio = bytearray()
        self.blocks: list[TitleBlock] = []
        self._until_block = interval
        self._block: bytearray | None = None
        self._block_length = 0

    def feed(self, data: bytes) -> None:
        """Takes the next bytes of the body."""
        at = 0
        while at < len(data):
            if self._block is not None:
                at += self._take_block(data, at)
            elif self._until_block == 0:
                self._begin_block(data[at])
                at += 1
            else:
                taken = data[at:at + self._until_block]
                self.audio += taken
                self._until_block -= len(taken)
                at += len(taken)

    def _begin_block(self, length_byte: int) -> None:
        self._until_block = self.interval
        if length_byte:
            self._block, self._block_length = bytearray(), length_byte * 16

    def _take_block(self, data: bytes, at: int) -> int:
        assert self._block is not None
        taken = data[at:at + self._block_length - len(self._block)]
        self._block += taken
        if len(self._block) == self._block_length:
            self.blocks.append(parse_block(bytes(self._block), len(self.audio)))
            self._block = None
        return len(taken)


def parse_block(block: bytes, audio_offset: int) -> TitleBlock:
    """Reads `StreamTitle='...';StreamUrl='...';` and its padding of NULs, as strictly as the oldest players."""
    text = block.rstrip(b"\0")
    if len(block) - len(text) >= 16:
        raise IcyError(f"the block is padded by a needless row of 16: {block!r}")
    fields = re.fullmatch(rb"StreamTitle='(.*?)';(?:StreamUrl='(.*?)';)?", text, re.DOTALL)
    if fields is None:
        raise IcyError(f"not a metadata block: {block!r}")
    url = fields[2].decode("utf-8") if fields[2] is not None else None
    return TitleBlock(audio_offset, fields[1].decode("utf-8"), url)

"""Reads the ID3v2 tags at the start of packed audio segments (RFC 8216 section 3.4)."""

from __future__ import annotations

from dataclasses import dataclass, field

TIMESTAMP_OWNER = b"com.apple.streaming.transportStreamTimestamp"


class Id3Error(AssertionError):
    """A tag that breaks ID3v2.4 or the rules of HLS."""


@dataclass(slots=True)
class Tag:
    """One tag: its length in bytes, its private frames and its texts by frame name."""

    length: int
    private: dict[bytes, bytes] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)

    @property
    def timestamp(self) -> int:
        """The 90 kHz time of the first sample after the tag: 33 bits in eight bytes, the upper 31 zero."""
        value = self.private.get(TIMESTAMP_OWNER)
        if value is None or len(value) != 8:
            raise Id3Error(f"no usable PRIV timestamp: {value!r}")
        number = int.from_bytes(value, "big")
        if number >= 1 << 33:
            raise Id3Error(f"the timestamp {number} does not fit 33 bits")
        return number


def take(data: bytes) -> tuple[Tag, bytes]:
    """Reads the one tag that `data` must begin with, and returns it with what follows."""
    if data[:3] != b"ID3":
        raise Id3Error(f"no ID3 tag at the start: {data[:16].hex(' ')}")
    if data[3] not in (3, 4) or data[5] & 0x40:
        raise Id3Error(f"unexpected version or extended header: {data[:10].hex(' ')}")
    end = 10 + _syncsafe(data[6:10])
    tag = Tag(length=end)
    at = 10
    while at + 10 <= end and data[at] != 0:
        at = _take_frame(data, at, end, tag)
    if data[end:end + 3] == b"ID3":
        raise Id3Error("a second tag follows the first")
    return tag, data[end:]


def _take_frame(data: bytes, at: int, end: int, tag: Tag) -> int:
    name = data[at:at + 4].decode("ascii")
    size = _syncsafe(data[at + 4:at + 8]) if data[3] == 4 else int.from_bytes(data[at + 4:at + 8], "big")
    start, at = at + 10, at + 10 + size
    if at > end:
        raise Id3Error(f"the frame {name} reaches past its tag")
    body = data[start:at]
    if name == "PRIV":
        owner, _, value = body.partition(b"\0")
        if owner in tag.private:
            raise Id3Error(f"two PRIV frames of {owner!r}")
        tag.private[owner] = value
    elif name.startswith("T") and name != "TXXX":
        tag.texts[name] = _text(body)
    return at


def _text(body: bytes) -> str:
    encoding = {0: "latin-1", 1: "utf-16", 2: "utf-16-be", 3: "utf-8"}[body[0]]
    return body[1:].decode(encoding).rstrip("\0")


def _syncsafe(four: bytes) -> int:
    if any(byte & 0x80 for byte in four):
        raise Id3Error(f"not a syncsafe number: {four.hex(' ')}")
    return four[0] << 21 | four[1] << 14 | four[2] << 7 | four[3]

"""Parses m3u8 playlists strictly (RFC 8216bis) and checks the rules that every playlist of ours must keep."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise

_TAGS_WITHOUT_VALUE = {
    "EXTM3U", "EXT-X-DISCONTINUITY", "EXT-X-ENDLIST", "EXT-X-INDEPENDENT-SEGMENTS", "EXT-X-GAP",
}
_MEDIA_TAGS_ONCE = {
    "EXT-X-TARGETDURATION", "EXT-X-MEDIA-SEQUENCE", "EXT-X-DISCONTINUITY-SEQUENCE", "EXT-X-PLAYLIST-TYPE",
    "EXT-X-SERVER-CONTROL", "EXT-X-PART-INF", "EXT-X-VERSION",
}
_OTHER_TAGS = {
    "EXTINF", "EXT-X-PROGRAM-DATE-TIME", "EXT-X-MAP", "EXT-X-DATERANGE", "EXT-X-PART", "EXT-X-PRELOAD-HINT",
    "EXT-X-RENDITION-REPORT", "EXT-X-SKIP", "EXT-X-STREAM-INF", "EXT-X-MEDIA", "EXT-X-START",
}
_ATTRIBUTE = re.compile(r'([A-Z0-9-]+)=("[^"\r\n]*"|[^",\s]+)(,|$)')
_PDT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


class PlaylistError(AssertionError):
    """A playlist that breaks a rule."""


@dataclass(slots=True)
class MediaSegment:
    """One listed segment: its number is the media sequence number."""

    number: int
    uri: str
    duration: float
    decimals: int
    date: int | None
    is_discontinuous: bool
    is_gap: bool


@dataclass(slots=True)
class MediaPlaylist:
    """A media playlist; dates are in milliseconds since 1970."""

    version: int
    target_duration: int
    media_sequence: int
    discontinuity_sequence: int
    segments: list[MediaSegment]
    has_endlist: bool
    playlist_type: str | None
    parts: list[dict[str, str]] = field(default_factory=list)
    part_inf: dict[str, str] | None = None
    server_control: dict[str, str] | None = None
    preload_hints: list[dict[str, str]] = field(default_factory=list)
    date_ranges: list[dict[str, str]] = field(default_factory=list)

    def segment(self, number: int) -> MediaSegment:
        """The segment of a slot."""
        return self.segments[number - self.media_sequence]


@dataclass(slots=True)
class Variant:
    """One entry of a multivariant playlist."""

    uri: str
    attributes: dict[str, str]


def lines_of(text: str) -> list[str]:
    """The lines of a playlist, after the rules on its characters (RFC 8216bis sections 4.1 and 4.2)."""
    if text.startswith("\ufeff") or (not text.startswith("#EXTM3U\n") and not text.startswith("#EXTM3U\r\n")):
        raise PlaylistError(f"does not begin with #EXTM3U: {text[:40]!r}")
    lines = text.replace("\r\n", "\n").split("\n")
    for line in lines:
        if any(ord(character) < 0x20 or ord(character) == 0x7F for character in line) or line != line.strip():
            raise PlaylistError(f"control characters or stray blanks: {line!r}")
    return [line for line in lines if line]


def attributes_of(value: str) -> dict[str, str]:
    """An attribute list, with its quotes taken off: no blanks, no repeated names."""
    attributes: dict[str, str] = {}
    at = 0
    while at < len(value):
        match = _ATTRIBUTE.match(value, at)
        if match is None or match[1] in attributes or (match.end() == len(value) and match[3] == ","):
            raise PlaylistError(f"not an attribute list: {value!r}")
        attributes[match[1]] = match[2].strip('"')
        at = match.end()
    return attributes


def milliseconds(date: str) -> int:
    """The value of EXT-X-PROGRAM-DATE-TIME, which must be UTC with milliseconds."""
    if not _PDT.fullmatch(date):
        raise PlaylistError(f"not a date in UTC with milliseconds: {date!r}")
    moment = datetime.strptime(date, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    return round(moment.timestamp() * 1_000)


def parse_multivariant(text: str) -> list[Variant]:
    """A multivariant playlist."""
    variants: list[Variant] = []
    pending: dict[str, str] | None = None
    for line in lines_of(text)[1:]:
        tag, _, value = line[1:].partition(":")
        if not line.startswith("#"):
            if pending is None:
                raise PlaylistError(f"a URI without EXT-X-STREAM-INF: {line!r}")
            variants.append(Variant(line, pending))
            pending = None
        elif tag == "EXT-X-STREAM-INF":
            pending = attributes_of(value)
        elif tag in _MEDIA_TAGS_ONCE - {"EXT-X-VERSION"} or tag == "EXTINF":
            raise PlaylistError(f"a media playlist's tag in a multivariant playlist: {line!r}")
    if not variants:
        raise PlaylistError("no variants")
    return variants


def parse_media(text: str) -> MediaPlaylist:
    """A media playlist."""
    parser = _MediaParser()
    for line in lines_of(text)[1:]:
        parser.line(line)
    return parser.finish()


class _MediaParser:
    def __init__(self) -> None:
        self.once: dict[str, str] = {}
        self.segments: list[MediaSegment] = []
        self.parts: list[dict[str, str]] = []
        self.hints: list[dict[str, str]] = []
        self.ranges: list[dict[str, str]] = []
        self.has_endlist = False
        self._clear()

    def _clear(self) -> None:
        self.extinf: str | None = None
        self.date: int | None = None
        self.is_discontinuous = self.is_gap = False

    def line(self, line: str) -> None:
        if not line.startswith("#"):
            self._segment(line)
        elif line.startswith("#EXT"):
            tag, colon, value = line[1:].partition(":")
            if bool(colon) == (tag in _TAGS_WITHOUT_VALUE):
                raise PlaylistError(f"a value too many or too few: {line!r}")
            self._tag(tag, value)

    def _tag(self, tag: str, value: str) -> None:
        if tag in _MEDIA_TAGS_ONCE:
            self._tag_once(tag, value)
        elif tag == "EXTINF":
            self.extinf = value
        elif tag == "EXT-X-PROGRAM-DATE-TIME":
            self.date = milliseconds(value)
        elif tag == "EXT-X-DISCONTINUITY":
            self.is_discontinuous = True
        elif tag == "EXT-X-GAP":
            self.is_gap = True
        elif tag == "EXT-X-ENDLIST":
            self.has_endlist = True
        elif tag in ("EXT-X-PART", "EXT-X-PRELOAD-HINT", "EXT-X-DATERANGE"):
            {"EXT-X-PART": self.parts, "EXT-X-PRELOAD-HINT": self.hints}.get(tag, self.ranges).append(
                attributes_of(value))
        elif tag not in _OTHER_TAGS | _TAGS_WITHOUT_VALUE or tag in ("EXT-X-STREAM-INF", "EXT-X-MEDIA"):
            raise PlaylistError(f"{tag} does not belong into a media playlist")

    def _tag_once(self, tag: str, value: str) -> None:
        if tag in self.once:
            raise PlaylistError(f"{tag} twice")
        if self.segments or self.is_discontinuous:
            raise PlaylistError(f"{tag} must stand before the first segment")
        self.once[tag] = value

    def _segment(self, uri: str) -> None:
        if self.extinf is None:
            raise PlaylistError(f"a URI without EXTINF: {uri!r}")
        number, _, _ = self.extinf.partition(",")
        if not re.fullmatch(r"\d+(\.\d+)?", number):
            raise PlaylistError(f"not a decimal duration: {self.extinf!r}")
        self.segments.append(MediaSegment(
            int(self.once.get("EXT-X-MEDIA-SEQUENCE", "0")) + len(self.segments), uri, float(number),
            len(number.partition(".")[2]), self.date, self.is_discontinuous, self.is_gap))
        self._clear()

    def finish(self) -> MediaPlaylist:
        for tag in ("EXT-X-TARGETDURATION", "EXT-X-VERSION"):
            if tag not in self.once:
                raise PlaylistError(f"{tag} is missing")
        control, part_inf = self.once.get("EXT-X-SERVER-CONTROL"), self.once.get("EXT-X-PART-INF")
        return MediaPlaylist(
            int(self.once["EXT-X-VERSION"]), int(self.once["EXT-X-TARGETDURATION"]),
            int(self.once.get("EXT-X-MEDIA-SEQUENCE", "0")), int(self.once.get("EXT-X-DISCONTINUITY-SEQUENCE", "0")),
            self.segments, self.has_endlist, self.once.get("EXT-X-PLAYLIST-TYPE"), self.parts,
            attributes_of(part_inf) if part_inf else None, attributes_of(control) if control else None,
            self.hints, self.ranges)


def check_live(playlist: MediaPlaylist, slot_milliseconds: int = 5_760) -> None:
    """Fails unless a live playlist keeps the rules of RFC 8216bis, Apple's authoring rules, and our clock."""
    if playlist.has_endlist or playlist.playlist_type is not None:
        raise PlaylistError("a live playlist has neither ENDLIST nor PLAYLIST-TYPE")
    if len(playlist.segments) < 3:
        raise PlaylistError(f"only {len(playlist.segments)} segments: players need three")
    _check_uris(playlist)
    for segment in playlist.segments:
        _check_segment(playlist, segment, slot_milliseconds)
    for previous, segment in pairwise(playlist.segments):
        _check_date_runs_on(previous, segment)
    if playlist.parts:
        _check_parts(playlist)


def _check_uris(playlist: MediaPlaylist) -> None:
    uris = [segment.uri for segment in playlist.segments]
    if len(set(uris)) != len(uris):
        raise PlaylistError("two segments share a URI")
    for uri in uris + [part["URI"] for part in playlist.parts]:
        if "://" in uri or uri.startswith("/"):
            raise PlaylistError(f"the URI is not relative: {uri!r}")


def _check_segment(playlist: MediaPlaylist, segment: MediaSegment, slot_milliseconds: int) -> None:
    if round(segment.duration) > playlist.target_duration:
        raise PlaylistError(f"EXTINF {segment.duration} is over TARGETDURATION {playlist.target_duration}")
    if segment.decimals < 5:
        raise PlaylistError(f"EXTINF {segment.duration} with {segment.decimals} decimals cannot be exact")
    if segment.is_gap:
        raise PlaylistError("EXT-X-GAP at the live edge stalls players (time-and-hls.md, rule 1)")
    if segment.date is None:
        raise PlaylistError(f"segment {segment.number} has no PROGRAM-DATE-TIME")
    after_edge = segment.date - segment.number * slot_milliseconds
    # The first frame at or after the edge of its slot: less than one frame (at most 128 ms) behind it.
    if not 0 <= after_edge <= 128:
        raise PlaylistError(f"segment {segment.number} begins {after_edge} ms after its slot's edge")


def _check_date_runs_on(previous: MediaSegment, segment: MediaSegment) -> None:
    assert previous.date is not None and segment.date is not None
    jump = segment.date - previous.date - previous.duration * 1_000
    # Steering moves at most 3 ms a slot; the rest is rounding of dates to whole milliseconds.
    if not segment.is_discontinuous and abs(jump) > 4:
        raise PlaylistError(f"segment {segment.number} is dated {jump:.1f} ms off the end of the one before it")


def _check_parts(playlist: MediaPlaylist) -> None:
    if playlist.part_inf is None or playlist.server_control is None:
        raise PlaylistError("parts without EXT-X-PART-INF and EXT-X-SERVER-CONTROL")
    target = float(playlist.part_inf["PART-TARGET"])
    if float(playlist.server_control["PART-HOLD-BACK"]) < 3 * target - 1e-9:
        raise PlaylistError("PART-HOLD-BACK is under three times PART-TARGET")
    for part in playlist.parts:
        if float(part["DURATION"]) > target + 1e-9:
            raise PlaylistError(f"a part of {part['DURATION']} s is over PART-TARGET {target}")
    if len([hint for hint in playlist.preload_hints if hint["TYPE"] == "PART"]) != 1:
        raise PlaylistError("exactly one PRELOAD-HINT of TYPE=PART belongs to a playlist with parts")

"""The instruments before the measurement: each parser against a program that is not ours, or against damage."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

import frames
import icy
import id3
import players
import playlist
import transport_stream
from audio import RecordingFile
from server import REPOSITORY

FIXTURES = REPOSITORY / "hls-fixtures" / "audio"
SPLITTABLE = (
    "aac-lc-44100-stereo.aac", "he-aac-v1-48000-64k.aac", "mp3-mpeg2-22050-mono.mp3", "mp3-vbr-44100-stereo.mp3",
)


def packets_by_ffprobe(path: Path) -> list[int]:
    """The sizes of the packets that ffprobe finds."""
    command = ["ffprobe", "-v", "error", "-show_entries", "packet=size", "-of", "csv=p=0", str(path)]
    output = subprocess.run(command, check=True, capture_output=True, text=True, timeout=30).stdout
    return [int(line.strip(",")) for line in output.split()]


def muxed(path: Path, *arguments: str) -> bytes:
    """A file remuxed by ffmpeg."""
    command = ["ffmpeg", "-nostdin", "-v", "error", "-i", str(path), "-c", "copy", *arguments, "pipe:1"]
    return subprocess.run(command, check=True, capture_output=True, timeout=30).stdout


def transport_stream_by_ffmpeg(path: Path) -> bytes:
    """Five seconds of a file in a transport stream, without ffmpeg's service description, which HLS has no use for."""
    data = muxed(path, "-t", "5", "-f", "mpegts")
    packets = [data[at:at + 188] for at in range(0, len(data), 188)]
    return b"".join(packet for packet in packets if packet[1] & 0x1F or packet[2] != 0x11)


@pytest.mark.parametrize("name", SPLITTABLE)
def test_frames_are_found_where_ffprobe_finds_them(name: str) -> None:
    data = (FIXTURES / name).read_bytes()
    data = data[data.index(b"\xff"):]
    found = [len(frame.data) for frame in frames.whole(data)]
    # ffprobe counts no Xing frame; ours is a splitter, and a Xing frame is a frame.
    assert found[-len(packets_by_ffprobe(FIXTURES / name)):] == packets_by_ffprobe(FIXTURES / name)
    assert len(found) - len(packets_by_ffprobe(FIXTURES / name)) in (0, 1)


def test_a_recording_notices_a_lost_a_repeated_and_an_altered_frame(recordings: dict[str, RecordingFile]) -> None:
    recording = recordings["mp3"].recording
    good = recording.frames[-3:] + recording.frames[:5]
    assert recording.run(good) == frames.Run(len(recording) - 3, 8)
    altered = frames.Frame(good[2].data[:-1] + bytes([good[2].data[-1] ^ 1]), 1_152, 44_100, 2)
    for bad in (good[:2] + good[3:], good[:3] + good[2:], [*good[:2], altered, *good[3:]]):
        with pytest.raises(frames.FrameError):
            recording.run(bad)


def test_silent_frames_are_told_from_audio(recordings: dict[str, RecordingFile]) -> None:
    for name in ("mp3", "mp3-48", "aac"):
        assert not any(frame.is_silent for frame in recordings[name].recording.frames[2:])
    mp3 = recordings["mp3"].recording.frames[5]
    assert frames.Frame(mp3.data[:4] + bytes(len(mp3.data) - 4), 1_152, 44_100, 2).is_silent


@pytest.mark.parametrize("name", ["mp3", "aac"])
def test_a_transport_stream_by_ffmpeg_gives_back_its_audio(name: str, recordings: dict[str, RecordingFile]) -> None:
    stream = transport_stream.demultiplex(transport_stream_by_ffmpeg(recordings[name].path))
    found = frames.whole(stream.audio)
    assert recordings[name].recording.run(found).first == 0 and len(found) > 180
    steps = {later.pts - earlier.pts for earlier, later in zip(stream.pes, stream.pes[1:])}
    assert min(steps) > 0


def test_a_transport_stream_that_lost_a_packet_is_refused(recordings: dict[str, RecordingFile]) -> None:
    data = transport_stream_by_ffmpeg(recordings["mp3"].path)
    with pytest.raises(transport_stream.TransportStreamError, match="counter"):
        transport_stream.demultiplex(data[:188 * 40] + data[188 * 41:])


def test_icy_metadata_is_taken_out_however_the_bytes_arrive() -> None:
    block = b"StreamTitle='It's 5 o';StreamUrl='http://x/';"
    body = b"A" * 10 + bytes([3]) + block.ljust(48, b"\0") + b"B" * 10 + b"\0" + b"C" * 4
    for size in (1, 7, len(body)):
        stripper = icy.IcyStripper(10)
        for at in range(0, len(body), size):
            stripper.feed(body[at:at + size])
        assert stripper.audio == b"A" * 10 + b"B" * 10 + b"C" * 4
        assert stripper.blocks == [icy.TitleBlock(10, "It's 5 o", "http://x/")]


def test_an_id3_tag_is_read_as_ffmpeg_writes_it(tmp_path: Path, recordings: dict[str, RecordingFile]) -> None:
    data = muxed(recordings["mp3"].path, "-t", "1", "-metadata", "title=Größe", "-id3v2_version", "4",
                 "-write_xing", "0", "-f", "mp3")
    tag, rest = id3.take(data)
    assert tag.texts["TIT2"] == "Größe" and recordings["mp3"].recording.run(frames.whole(rest)).first == 0
    with pytest.raises(id3.Id3Error):
        _ = tag.timestamp


GOOD = """#EXTM3U
#EXT-X-VERSION:3
#EXT-X-TARGETDURATION:6
#EXT-X-MEDIA-SEQUENCE:100
#EXT-X-DISCONTINUITY-SEQUENCE:100
#EXT-X-PROGRAM-DATE-TIME:1970-01-01T00:09:36.000Z
#EXTINF:5.76000,
100.ts
#EXT-X-PROGRAM-DATE-TIME:1970-01-01T00:09:41.760Z
#EXTINF:5.76000,
101.ts
#EXT-X-PROGRAM-DATE-TIME:1970-01-01T00:09:47.520Z
#EXTINF:5.76000,
102.ts
"""


def test_a_good_playlist_passes_and_knows_its_slots() -> None:
    parsed = playlist.parse_media(GOOD)
    playlist.check_live(parsed)
    assert parsed.segment(101).uri == "101.ts" and parsed.segment(101).date == 581_760


@pytest.mark.parametrize(("old", "new"), [
    ("#EXTM3U\n", "\ufeff#EXTM3U\n"),
    ("#EXTINF:5.76000,\n101.ts", "101.ts"),
    ("#EXTINF:5.76000,\n101.ts", "#EXTINF:6.90000,\n101.ts"),
    ("#EXTINF:5.76000,\n101.ts", "#EXTINF:5.8,\n101.ts"),
    ("09:41.760Z", "09:41.700Z"),
    ("09:41.760Z", "09:41.770Z"),
    ("09:41.760Z", "09:41.760+00:00"),
    ("101.ts", "/101.ts"),
    ("101.ts", "100.ts"),
    ("SEQUENCE:100\n#EXT-X-D", "SEQUENCE:99\n#EXT-X-D"),
    ("102.ts\n", "102.ts\n#EXT-X-ENDLIST\n"),
    ("102.ts\n", "102.ts\n#EXT-X-VERSION:3\n"),
    ("#EXT-X-VERSION:3\n", "#EXT-X-VERSION:3\n#EXT-X-ALLOW-CACHE:NO\n"),
])
def test_a_playlist_that_breaks_a_rule_fails(old: str, new: str) -> None:
    assert old in GOOD
    with pytest.raises(playlist.PlaylistError):
        playlist.check_live(playlist.parse_media(GOOD.replace(old, new, 1)))


def test_sound_is_told_from_silence() -> None:
    tone = b"\x00\x10\x00\x10" * 22_050
    sound = players.judge(tone + bytes(4 * 4_410) + tone)
    assert sound.seconds == pytest.approx(1.1) and sound.longest_silence == pytest.approx(0.1, abs=0.011)
    assert sound.level > 3_000

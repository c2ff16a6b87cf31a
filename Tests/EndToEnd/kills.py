"""Kills a server at random moments under load, and checks that nothing a listener or player had is lost afterwards."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import frames
import playlist
from archive import Clock, Span, Station, SteadyEncoder, archive, download, wait_for_audio, wait_for_time
from audio import RecordingFile
from conditions import wait_until
from recorder import SegmentRecorder
from web import Listener, fetch, resolve

STREAMS = ("mp3", "aac")
SLOT = 5_760
# An outage of the server that is longer leaves whole slots of computed silence.
LONG_OUTAGE = 18.0
# What the test's clock may be ahead of the server's: the server's start takes real time, which counts RATE times here.
AHEAD = 8_000
# Steering at slot edges: 3 ms each, and a listener here hears up to eight slots; also one frame.
NEAR = 60
# The burst that a listener gets, and more.
BURST = 20_000


@dataclass(slots=True)
class Heard:
    """What the listeners and the player of one stream had when the server was killed."""

    live: bytes
    start: int
    placed: bytes
    player: SegmentRecorder

    @property
    def end(self) -> float:
        """The media time behind the last whole frame that was heard, within a few milliseconds."""
        found = frames.split(self.placed)[0]
        return self.start + sum(frame.samples for frame in found) * 1_000 / found[0].rate

    @property
    def playlist(self) -> playlist.MediaPlaylist:
        """The playlist that was fetched last."""
        latest = self.player.latest
        assert latest is not None
        return latest


@dataclass(slots=True)
class Outage:
    """When the server was killed and when it was started again, by the test's clock in milliseconds."""

    killed: float
    started: float

    @property
    def is_long(self) -> bool:
        """Whether it leaves whole silent slots for certain."""
        return self.started - self.killed > (LONG_OUTAGE + SLOT / 1_000) * 1_000 + AHEAD


@dataclass(slots=True)
class Tally:
    """What was checked."""

    rounds: int = 0
    long_outages: int = 0
    audio_bytes: int = 0
    segments: int = 0

    def __str__(self) -> str:
        return (f"{self.rounds} kills ({self.long_outages} with a long outage), {self.audio_bytes / 1e6:.1f} MB heard "
                f"and {self.segments} listed segments found again")


@dataclass(slots=True)
class Kills:
    """Rounds of killing one station."""

    directory: Path
    recordings: Mapping[str, RecordingFile]
    seed: int
    rate: int = 20
    tally: Tally = field(default_factory=Tally)

    def run(self, rounds: int, report: Callable[[str], None] = lambda line: None) -> Tally:
        """Feeds, kills and checks; the first loss fails, naming the seed and the round."""
        chance = random.Random(self.seed)
        clock = Clock(self.rate)
        streams = {name: {"burst": 10, "seconds": 3_600} for name in STREAMS}
        with Station(self.directory, streams, clock) as station:
            station.start()
            encoders = self._feed(station)
            for number in range(rounds):
                try:
                    encoders = self._round(station, encoders, chance)
                except AssertionError as fault:
                    raise AssertionError(f"seed {self.seed}, round {number}: {fault}") from fault
                report(str(self.tally))
            for encoder in encoders:
                encoder.stop()
            station.stop()
            station.inspect()
        return self.tally

    def _feed(self, station: Station) -> list[SteadyEncoder]:
        """Starts the encoders, each where its recording's next audio is, and waits until they are heard."""
        first = self.tally.rounds * 531
        encoders = [SteadyEncoder(station.server.source_port, name, self.recordings[name], station.clock, first)
                    for name in STREAMS]
        for name in STREAMS:
            wait_for_audio(station.port, name)
        return encoders

    def _round(self, station: Station, encoders: list[SteadyEncoder], chance: random.Random) -> list[SteadyEncoder]:
        heard, killed = self._hear_until_killed(station, encoders, chance)
        # One round in four is an outage that players notice: its slots were never stored.
        if chance.random() < 0.25:
            station.clock.skip(40)
        station.inspect()
        outage = Outage(killed, station.clock.now() * 1_000)
        station.start()
        for name in STREAMS:
            self._check_playlist(station, name, heard[name].playlist, outage)
            self._check_audio(station, name, heard[name])
            self._check_segments(station, name, heard[name])
        self.tally.rounds += 1
        self.tally.long_outages += outage.is_long
        fed = station.clock.now() * 1_000
        encoders = self._feed(station)
        for name in STREAMS:
            back = self._check_outage(station, name, heard[name], outage, fed)
            self._check_playlist_goes_on(station, name, heard[name].playlist, outage, back)
            self._check_silence(station, name, heard[name], back)
        return encoders

    def _hear_until_killed(
        self, station: Station, encoders: list[SteadyEncoder], chance: random.Random,
    ) -> tuple[dict[str, Heard], float]:
        """Listens, and kills at a moment that nothing else decides."""
        live = {name: Listener(station.port, f"/{name}") for name in STREAMS}
        placed = {name: Listener(station.port, f"/{name}?offset=1") for name in STREAMS}
        players = {name: SegmentRecorder(station.port, f"/{name}.m3u8") for name in STREAMS}
        for name in STREAMS:
            placed[name].wait_for_bytes(2_000, 20)
            wait_until(lambda: players[name].latest, 20, f"the playlist of /{name}", every=0.01)
        wait_for_time(station.clock, station.clock.now() + chance.uniform(1, 24))
        station.kill()
        killed = station.clock.now() * 1_000
        for encoder in encoders:
            encoder.stop()
        for listener in (*live.values(), *placed.values()):
            # What the kernel had taken from the server is still delivered.
            wait_until(lambda: listener.has_ended, 10, "the killed server's connections to end", every=0.01)
        for player in players.values():
            player.stop()
        heard = {name: Heard(live[name].audio, playlist.milliseconds(placed[name].headers["x-start-time"]),
                             placed[name].audio, players[name]) for name in STREAMS}
        for listener in (*live.values(), *placed.values()):
            listener.close()
        return heard, killed

    def _check_audio(self, station: Station, name: str, heard: Heard) -> None:
        """Every byte that was heard can be downloaded, from the time on that the listener was told."""
        stored = download(station.port, name, f"from={heard.start}")
        assert stored.start == heard.start, f"/{name}: asked from {heard.start}, got {stored.start}"
        if not stored.body.startswith(heard.placed):
            raise AssertionError(f"/{name}: {_difference(stored.body, heard.placed)}")
        whole = download(station.port, name, f"from={heard.start - BURST}").body
        assert heard.live in whole, (
            f"/{name}: the {len(heard.live)} bytes of a live listener are not in one piece in the store")
        self.tally.audio_bytes += len(heard.placed) + len(heard.live)

    def _check_segments(self, station: Station, name: str, heard: Heard) -> None:
        """Every segment of the last playlist is there under its URI; those that were fetched have not changed."""
        known = heard.player.segments
        for segment in heard.playlist.segments:
            target = resolve(f"/{name}.m3u8", segment.uri)
            answer = fetch(station.port, target)
            assert answer.status == 200, f"{target}: {answer.status} {answer.body[:300]!r}"
            if target in known:
                assert answer.body == known[target].data, f"{target} has changed"
                self.tally.segments += 1

    def _check_playlist(self, station: Station, name: str, before: playlist.MediaPlaylist, outage: Outage) -> None:
        """Numbers go on: nothing listed goes back, or means anything else."""
        wait_for_audio(station.port, name)
        after = playlist.parse_media(fetch(station.port, f"/{name}.m3u8").text)
        _check_goes_on(name, before, after)
        if outage.started - outage.killed < LONG_OUTAGE * 1_000 - AHEAD:
            listed = {segment.number: segment for segment in after.segments}
            shared = [segment for segment in before.segments if segment.number in listed]
            assert shared, f"/{name}: nothing of what was listed before a short outage is listed after it"
            for segment in shared:
                assert segment == listed[segment.number], f"{segment} has become {listed[segment.number]}"

    def _check_playlist_goes_on(
        self, station: Station, name: str, before: playlist.MediaPlaylist, outage: Outage, back: Span,
    ) -> None:
        """A player finds the new audio behind at most four silent slots when whole slots are missing."""
        slot = back.start // SLOT
        target = f"/{name}.m3u8"

        def probe() -> playlist.MediaPlaylist | None:
            loaded = playlist.parse_media(fetch(station.port, target).text)
            return loaded if loaded.segments[-1].number >= slot else None
        after = wait_until(probe, 20, f"slot {slot} in {target}", every=0.02)
        _check_goes_on(name, before, after)
        if outage.is_long:
            assert after.media_sequence >= slot - 4, (
                f"/{name} lists {slot - after.media_sequence} slots of a long outage before the new audio")

    def _check_outage(self, station: Station, name: str, heard: Heard, outage: Outage, fed: float) -> Span:
        """archive.json has the outage, from the last audio that was published to the first after it, as a gap."""
        def probe() -> tuple[Span, Span, list[Span]] | None:
            said = archive(station.port, name)
            before = [each for each in said.ranges if each.start <= heard.end]
            # The encoder is back only when there is audio from about its start on.
            after = [each for each in said.ranges if each.start > heard.end and abs(each.start - fed) < AHEAD]
            if not before or not after:
                return None
            return before[-1], after[0], [gap for gap in said.gaps if before[-1].end - 1 <= gap.start < after[0].start]
        last, back, gaps = wait_until(probe, 20, f"audio of /{name} after the outage in archive.json", every=0.02)
        assert last.end >= heard.end - NEAR, f"/{name}: heard until {heard.end}, but the range is {last}"
        assert last.end <= outage.killed + 1_500, f"/{name}: killed at {outage.killed}, but the range is {last}"
        assert gaps and abs(gaps[0].start - last.end) <= 1 and abs(gaps[-1].end - back.start) <= 1, gaps
        assert all(gap.reason in ("server", "source") for gap in gaps), f"/{name}: {gaps}"
        if outage.is_long:
            down = sum(gap.seconds for gap in gaps if gap.reason == "server")
            assert abs(down * 1_000 - (outage.started - outage.killed)) < AHEAD + SLOT, (outage, gaps)
        return back

    def _check_silence(self, station: Station, name: str, heard: Heard, back: Span) -> None:
        """Across the outage a download plays on: the source's frames, silence for the gaps, the source's frames."""
        # To the end of the slot in which the audio came back, which is listed by now.
        end = (back.start // SLOT + 1) * SLOT
        whole = download(station.port, name, f"from={heard.start}&to={end}")
        near = NEAR + 3 * (end - heard.start) / SLOT
        assert abs(whole.end - end) <= near, f"/{name}: asked to {end}, got audio to {whole.end}"
        gaps = archive(station.port, name).gaps
        at, step = float(whole.start), whole.milliseconds / len(whole.frames)
        for frame in whole.frames:
            is_inside = any(gap.start + near < at < gap.end - near - step for gap in gaps)
            is_outside = not any(gap.start - near < at + step and at < gap.end + near for gap in gaps)
            assert not is_inside or frame.is_silent, f"/{name}: sound at {at:.0f}, inside of {gaps}"
            assert not is_outside or not frame.is_silent, f"/{name}: silence at {at:.0f}, outside of {gaps}"
            at += step


def _check_goes_on(name: str, before: playlist.MediaPlaylist, after: playlist.MediaPlaylist) -> None:
    assert after.media_sequence >= before.media_sequence, (
        f"/{name}: MEDIA-SEQUENCE went back from {before.media_sequence} to {after.media_sequence}")
    assert after.segments[-1].number >= before.segments[-1].number, (
        f"/{name}: the playlist ended with {before.segments[-1].number}, now with {after.segments[-1].number}")
    assert after.discontinuity_sequence == before.discontinuity_sequence, f"/{name}: the discontinuity sequence changed"
    assert not any(segment.is_discontinuous or segment.is_gap for segment in after.segments), f"/{name}: a tag"
    for one, next_one in pairwise(after.segments):
        assert one.date is not None and next_one.date is not None
        assert abs(next_one.date - one.date - one.duration * 1_000) <= 4, f"/{name}: {next_one} does not follow {one}"


def _difference(stored: bytes, heard: bytes) -> str:
    """Where what was heard is not what is stored."""
    at = next((at for at, (one, other) in enumerate(zip(stored, heard)) if one != other), min(len(stored), len(heard)))
    return f"{len(heard)} bytes were heard, {len(stored)} are stored, and they differ from byte {at} on"

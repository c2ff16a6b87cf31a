"""Damages copies of a real store, bit by bit and cut by cut, and checks that only what was hit falls silent."""

from __future__ import annotations

import http.client
import os
import random
import re
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path

from archive import Clock, Download, Span, Station, SteadyEncoder, archive, download, wait_for_audio, wait_for_time
from audio import RecordingFile

STREAMS = ("mp3", "aac")
SLOT, PART = 5_760, 960
CONFIGURATION = {name: {"burst": 10, "seconds": 86_400} for name in STREAMS}
# A file's first bytes are its header, which the issue does not size; a hit there may cost the file, but no other.
HEADER_MAX = 256
# How often a download may be reset by damage that it is the first to meet: once for each hit.
RESETS = 2


class SizeWatch:
    """Notes every size that the logs of a store have: between two of them lies what one write has added, a record.

    A write that is caught on its way ends on a page, so those sizes are left out.
    """

    _PAGE = 4_096

    def __init__(self, store: Path) -> None:
        self.sizes: dict[Path, set[int]] = {}
        self._store = store
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._stopping.wait(0.001):
            self._look()

    def _look(self) -> None:
        for directory in os.scandir(self._store) if self._store.is_dir() else ():
            for entry in os.scandir(directory.path) if directory.is_dir() else ():
                if entry.name.endswith(".log"):
                    path = Path(directory.name) / entry.name
                    size = os.stat(entry.path).st_size
                    self.sizes.setdefault(path, set()).update({size} if size % self._PAGE else set())

    def stop(self) -> None:
        """Ends watching, after a last look."""
        self._stopping.set()
        self._thread.join(5)
        self._look()


@dataclass(frozen=True, slots=True)
class Hit:
    """Damage of one log: a flipped bit, or everything from an offset on cut off; its index kept or deleted."""

    log: Path
    offset: int
    bit: int | None
    keeps_index: bool

    def __str__(self) -> str:
        what = "cut off" if self.bit is None else f"bit {self.bit} flipped"
        return f"{self.log} {what} at byte {self.offset}, index {'kept' if self.keeps_index else 'deleted'}"

    def apply(self, store: Path) -> None:
        """Damages the log in a store."""
        path = store / self.log
        with path.open("r+b") as file:
            if self.bit is None:
                file.truncate(self.offset)
            else:
                file.seek(self.offset)
                byte = file.read(1)[0]
                file.seek(self.offset)
                file.write(bytes([byte ^ 1 << self.bit]))
        if not self.keeps_index:
            path.with_suffix(".idx").unlink(missing_ok=True)


@dataclass(slots=True)
class Store:
    """A store as a server left it at SIGTERM, and what a server serves from it while nothing is damaged."""

    path: Path
    clock: Clock
    span: Span
    boundaries: dict[Path, list[int]]
    whole: dict[str, Download] = field(default_factory=dict)

    def logs(self, stream: str) -> list[Path]:
        """The logs of a stream, oldest first, relative to the store."""
        found = [log for log in self.boundaries if re.fullmatch(rf"{stream}-[0-9a-f]{{8}}", log.parent.name)]
        return sorted(found, key=lambda log: int(log.stem))

    def times_of(self, log: Path) -> tuple[int, int]:
        """The slots of a log as times in milliseconds: from its first slot to the next log's."""
        logs = self.logs(log.parent.name.rpartition("-")[0])
        later = [int(other.stem) for other in logs if int(other.stem) > int(log.stem)]
        return int(log.stem) * SLOT, min(later) * SLOT if later else self.span.end + SLOT

    def download(self, station: Station, stream: str) -> Download:
        """The whole of a stream; a download that meets damage for the first time is reset, and asked for again."""
        for _ in range(RESETS):
            try:
                return self._download(station, stream)
            except (ConnectionError, http.client.IncompleteRead):
                continue
        return self._download(station, stream)

    def _download(self, station: Station, stream: str) -> Download:
        return download(station.port, stream, f"from={self.span.start}&to={self.span.end}")


def make_store(directory: Path, recordings: Mapping[str, RecordingFile], seconds: float, rate: int = 20) -> Store:
    """Has a server write a store of some seconds, stops it by SIGTERM, and notes what it serves when started again."""
    clock = Clock(rate)
    with Station(directory / "made", CONFIGURATION, clock) as station:
        watch = SizeWatch(station.store)
        station.start()
        encoders = [SteadyEncoder(station.server.source_port, name, recordings[name], clock) for name in STREAMS]
        begun = clock.now()
        for name in STREAMS:
            wait_for_audio(station.port, name)
        wait_for_time(clock, begun + seconds)
        # All of it, from before the first audio to behind the last, where an outage's silence is.
        span = Span(round((begun - 60) * 1_000), round((clock.now() + 10) * 1_000))
        station.stop()
        for encoder in encoders:
            encoder.stop()
        watch.stop()
        shutil.copytree(station.store, directory / "store")
    clock.skip(60)
    sizes = {log: sorted(sizes) for log, sizes in watch.sizes.items() if (directory / "store" / log).exists()}
    store = Store(directory / "store", clock, span, sizes)
    with copied(store, directory / "first") as station:
        store.whole = {name: store.download(station, name) for name in STREAMS}
    return store


@contextmanager
def copied(store: Store, directory: Path, hits: Sequence[Hit] = ()) -> Iterator[Station]:
    """A server without encoders on a copy of a store, damaged or not; the copy is deleted if all went well."""
    shutil.copytree(store.path, directory / "store")
    for hit in hits:
        hit.apply(directory / "store")
    with Station(directory, CONFIGURATION, store.clock) as station:
        station.start()
        yield station
    shutil.rmtree(directory)


class Damage:
    """Trials on copies of a store."""

    def __init__(self, directory: Path, store: Store, seed: int) -> None:
        self.seed = seed
        self.trials = 0
        self._directory, self._store = directory, store
        self._chance = random.Random(seed)

    def flip_at_random(self) -> list[Hit]:
        """One flipped bit somewhere behind the header of one log of each stream."""
        return [self._flip(self._chance.choice(self._store.logs(name))) for name in STREAMS]

    def _flip(self, log: Path) -> Hit:
        return Hit(log, self._chance.randrange(HEADER_MAX, self._size(log)), self._chance.randrange(8),
                   self._chance.random() < 0.5)

    def flip_in_header(self) -> list[Hit]:
        """One flipped bit in the first bytes of a log."""
        return [Hit(self._chance.choice(self._store.logs(name)), self._chance.randrange(64), self._chance.randrange(8),
                    self._chance.random() < 0.5) for name in STREAMS]

    def cut_at_random(self) -> list[Hit]:
        """One log of each stream cut off anywhere, be it in its header."""
        def cut(log: Path) -> Hit:
            return Hit(log, self._chance.randrange(self._size(log)), None, self._chance.random() < 0.5)
        return [cut(self._chance.choice(self._store.logs(name))) for name in STREAMS]

    def cuts_at_boundaries(self) -> list[Hit]:
        """A cut at each record boundary of every log."""
        return [Hit(log, size, None, number % 2 == 0) for log, sizes in self._store.boundaries.items()
                for number, size in enumerate(sizes[:-1])]

    def flips_at_boundaries(self) -> list[Hit]:
        """A flipped bit in the first byte of each record."""
        return [Hit(log, size, number % 8, number % 2 == 0) for log, sizes in self._store.boundaries.items()
                for number, size in enumerate(sizes[:-1])]

    def _size(self, log: Path) -> int:
        return (self._store.path / log).stat().st_size

    def trial(self, hits: Sequence[Hit]) -> None:
        """Damages a copy, each log at most once, starts a server on it and compares all that it serves."""
        self.trials += 1
        try:
            with copied(self._store, self._directory / f"trial-{self.trials}", hits) as station:
                for name in STREAMS:
                    of_stream = [hit for hit in hits if hit.log in self._store.logs(name)]
                    self._check_stream(station, name, of_stream)
        except AssertionError as fault:
            raise AssertionError(f"seed {self.seed}, {'; '.join(map(str, hits))}: {fault}") from fault

    def _check_stream(self, station: Station, name: str, hits: Sequence[Hit]) -> None:
        before, after = self._store.whole[name], self._store.download(station, name)
        again = self._store.download(station, name)
        assert again.body == after.body, f"/{name}: two downloads of a damaged stretch differ"
        if not hits:
            assert after.body == before.body, f"/{name} is not damaged, yet it changed"
            return
        hit = hits[0]
        if hit.bit is None:
            self._check_cut(name, hit, before, after)
        else:
            self._check_flip(name, hit, before, after)
            # Damage of silence before the first audio, which nobody is sent, is not met.
            if after.body != before.body and hit.offset >= HEADER_MAX and not self._is_in_tail(hit):
                self._check_said(station, hit)
                self._check_gap(station, name, hit, before, after)

    def _is_in_tail(self, hit: Hit) -> bool:
        """Whether the stream's very last record was hit, which is the same as one that was never written whole."""
        last = self._store.logs(hit.log.parent.name.rpartition("-")[0])[-1]
        return hit.log == last and hit.offset >= self._store.boundaries[last][-2]

    def _check_gap(self, station: Station, name: str, hit: Hit, before: Download, after: Download) -> None:
        """archive.json has a gap; but damage of the very first audio only makes the first range begin later."""
        if after.body != before.body and after.start == before.start and _silent_lead(after) == _silent_lead(before):
            start, end = self._store.times_of(hit.log)
            gaps = [gap for gap in archive(station.port, name).gaps if gap.reason == "damage"]
            assert any(start - PART <= gap.start < end for gap in gaps), f"/{name}: archive.json has {gaps}"

    def _check_flip(self, name: str, hit: Hit, before: Download, after: Download) -> None:
        """The frames of one part at most (of one file, if its header was hit) are silent; their number stays."""
        if self._is_first(hit) and hit.offset >= HEADER_MAX and after.start > before.start:
            # The very first audio was hit: the stream begins behind it.
            lost = len(before.frames) - len(after.frames)
            step = before.frames[0].samples * 1_000 / before.frames[0].rate
            assert 0 < lost <= PART / step + 1, f"/{name}: {lost} frames for one bit"
            assert [frame.data for frame in after.frames] == [frame.data for frame in before.frames[lost:]]
            return
        assert len(after.frames) == len(before.frames), f"/{name}: {len(before.frames)} frames, now {len(after.frames)}"
        changed = [number for number, (one, other) in enumerate(zip(before.frames, after.frames))
                   if one.data != other.data]
        self._check_place(name, hit, before, after, changed)
        if changed and hit.offset >= HEADER_MAX:
            step = before.frames[0].samples * 1_000 / before.frames[0].rate
            assert changed[-1] - changed[0] < PART / step + 1, f"/{name}: {len(changed)} frames for one bit"

    def _check_cut(self, name: str, hit: Hit, before: Download, after: Download) -> None:
        """What comes before the cut and what lies in later files is the same; between them is silence."""
        one, other = [[frame.data for frame in each.frames] for each in (before, after)]
        shorter = min(len(one), len(other))
        head = next((at for at in range(shorter) if one[at] != other[at]), shorter)
        tail = next((at for at in range(shorter - head) if one[-1 - at] != other[-1 - at]), shorter - head)
        middle = list(range(head, len(other) - tail))
        self._check_place(name, hit, after, after, middle)
        assert hit.offset > HEADER_MAX or middle or not self._is_within(hit), f"/{name}: the cut changed nothing"
        if not other or (self._is_first(hit) and len(other) < len(one)):
            return
        # Silence takes exactly the time of what was lost, but for steering, which is at most 3 ms at each slot's edge.
        start, end = self._store.times_of(hit.log)
        assert abs(len(one) - len(other)) <= 1 + (end - start) / SLOT * 3 / 24, f"{len(one)} frames, now {len(other)}"

    def _is_within(self, hit: Hit) -> bool:
        start, end = self._store.times_of(hit.log)
        return not self._is_first(hit) and start > self._store.span.start and end < self._store.span.end

    def _is_first(self, hit: Hit) -> bool:
        """Whether the stream's first log was hit: a stream that has lost all of that simply begins with the second."""
        return hit.log == self._store.logs(hit.log.parent.name.rpartition("-")[0])[0]

    def _check_place(self, name: str, hit: Hit, timed: Download, after: Download, changed: Sequence[int]) -> None:
        """Changed frames are silent and lie in the slots of the file that was hit."""
        start, end = self._store.times_of(hit.log)
        step = timed.frames[0].samples * 1_000 / timed.frames[0].rate
        near = 2 * step + 3 * (timed.end - timed.start) / SLOT
        for number in changed:
            at = timed.start + number * step
            assert after.frames[number].is_silent, f"/{name}: frame {number} is neither what it was nor silent"
            assert start - near <= at <= end + near, f"/{name}: frame {number} changed, in another file than {hit.log}"

    def _check_said(self, station: Station, hit: Hit) -> None:
        """The log names file and offset, once, however often the record was asked for."""
        lines = [line for line in station.server.log.splitlines() if "damaged record" in line and hit.log.name in line
                 and hit.log.parent.name in line]
        assert len(lines) == 1, f"{len(lines)} lines about it: {lines}"
        offset = re.search(r"\boffset (\d+)", lines[0])
        assert offset is not None and int(offset[1]) <= hit.offset, lines[0]
        sizes = self._store.boundaries[hit.log]
        assert not any(int(offset[1]) < size <= hit.offset for size in sizes), f"the record begins later: {lines[0]}"


def _silent_lead(found: Download) -> int:
    """How many silent frames a download begins with."""
    return next((number for number, frame in enumerate(found.frames) if not frame.is_silent), len(found.frames))


def run(
    directory: Path, recordings: Mapping[str, RecordingFile], seed: int, hits: int, seconds: float,
    report: Callable[[str], None] = lambda line: None,
) -> str:
    """A cut and a flip at every record boundary, and cuts and flips at random offsets, as many as are asked for."""
    damage = Damage(directory / "trials", make_store(directory, recordings, seconds), seed)
    singles = damage.cuts_at_boundaries() + damage.flips_at_boundaries()
    # A log of each stream at a time: they share nothing but the server.
    pairs = [[hit for hit in pair if hit is not None] for pair in zip_longest(*[
        [hit for hit in singles if hit.log.parent.name.startswith(f"{name}-")] for name in STREAMS])]
    for number, pair in enumerate(pairs):
        damage.trial(pair)
        report(f"boundary {number + 1} of {len(pairs)}")
    for number in range(hits):
        kind = (damage.flip_at_random, damage.cut_at_random, damage.flip_in_header)[number % 3]
        damage.trial(kind())
        report(f"random {number + 1} of {hits}")
    return (f"{damage.trials} damaged copies: a cut and a flipped bit at each of {len(singles) // 2} record "
            f"boundaries, {hits} hits at random offsets of each stream")

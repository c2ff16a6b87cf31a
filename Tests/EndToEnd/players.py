"""The players that listeners use, each a real process that decodes to raw samples we can judge."""

from __future__ import annotations

import array
import math
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

from conditions import wait_until

CHANNELS, RATE = 2, 44_100


@dataclass(frozen=True, slots=True)
class Sound:
    """What a player made audible: how long, how loud, and its longest silence."""

    seconds: float
    level: float
    longest_silence: float


def judge(samples: bytes, channels: int = CHANNELS, rate: int = RATE) -> Sound:
    """Judges 16-bit little-endian samples, in windows of 10 ms."""
    values = array.array("h", samples[:len(samples) // 2 * 2])
    if sys.byteorder == "big":
        values.byteswap()
    window = rate // 100 * channels
    peaks = [max(map(abs, values[at:at + window])) for at in range(0, len(values) - window + 1, window)]
    longest = current = 0
    for peak in peaks:
        current = current + 1 if peak < 32 else 0
        longest = max(longest, current)
    level = math.sqrt(sum(value * value for value in values[::7]) / max(1, len(values[::7])))
    return Sound(len(values) / channels / rate, level, longest / 100)


def without_wave_header(data: bytes) -> bytes:
    """The samples of a WAVE file, which need not have been finished."""
    start = data.find(b"data")
    return data[start + 8:] if data[:4] == b"RIFF" and start >= 0 else data


class Player:
    """A running player, its samples collected from standard output."""

    def __init__(self, name: str, command: list[str], directory: Path, environment: dict[str, str]) -> None:
        self.name = name
        self.log_path = directory / f"{name}.log"
        with self.log_path.open("wb") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log,
                env={**os.environ, **environment})
        self._samples = bytearray()
        self._thread = threading.Thread(target=self._collect, daemon=True)
        self._thread.start()

    def _collect(self) -> None:
        assert self.process.stdout is not None
        while data := os.read(self.process.stdout.fileno(), 65_536):
            self._samples += data

    def sound(self, seconds: float, timeout: float) -> Sound:
        """Waits until it has played `seconds`, stops it, and judges them."""
        needed = int(seconds * RATE) * CHANNELS * 2

        def probe() -> bool:
            if len(self._samples) >= needed + 64:
                return True
            if self.process.poll() is not None and not self._thread.is_alive():
                raise AssertionError(f"{self.name} ended with {self.process.returncode} after "
                                     f"{len(self._samples)} bytes of samples:\n{self.log[-2_000:]}")
            return False
        try:
            wait_until(probe, timeout, f"{self.name} to play {seconds:g} s\n{self.log[-2_000:]}")
        finally:
            self.stop()
        return judge(without_wave_header(bytes(self._samples)))

    @property
    def log(self) -> str:
        """What it has written to standard error."""
        return self.log_path.read_text(errors="replace")

    def stop(self) -> None:
        """Ends it."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(timeout=5)
        self._thread.join(5)


def mpg123(url: str, directory: Path) -> Player:
    """mpg123, which reads raw and ICY streams only."""
    return Player("mpg123-" + directory.name, ["mpg123", "--stdout", "--stereo", "-r", str(RATE), url], directory, {})


def mpv(url: str, directory: Path) -> Player:
    """mpv, writing samples in place of playing them."""
    command = ["mpv", "--no-config", "--no-video", "--no-terminal", "--ao=pcm", "--ao-pcm-waveheader=no",
               "--ao-pcm-file=/dev/stdout", "--audio-format=s16", "--audio-channels=stereo",
               f"--audio-samplerate={RATE}", f"--log-file={directory / 'mpv.txt'}", url]
    return Player("mpv-" + directory.name, command, directory, {})


def ffmpeg(url: str, directory: Path) -> Player:
    """ffmpeg; ffplay is the same library with a window."""
    command = ["ffmpeg", "-nostdin", "-v", "warning", "-i", url, "-f", "s16le", "-ac", str(CHANNELS),
               "-ar", str(RATE), "pipe:1"]
    return Player("ffmpeg-" + directory.name, command, directory, {})


def vlc(url: str, directory: Path) -> Player:
    """VLC without a window, which refuses to run as root: as root it runs as nobody, with a home of its own."""
    command = ["cvlc", "--no-video", "--aout=afile", "--audiofile-file=-", "--no-audiofile-wav",
               f"--audiofile-channels={CHANNELS}", "--audiofile-format=s16", url]
    home = Path(tempfile.mkdtemp(prefix="vlc-"))
    if os.geteuid() == 0:
        home.chmod(0o777)
        command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *command]
    player = Player("vlc-" + directory.name, command, directory, {"HOME": str(home)})
    threading.Thread(target=_remove_after, args=(player, home), daemon=True).start()
    return player


def _remove_after(player: Player, folder: Path) -> None:
    player.process.wait()
    shutil.rmtree(folder, ignore_errors=True)

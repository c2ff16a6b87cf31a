"""Makes the recordings that the encoders play: noise and a moving tone, so that no two frames are alike."""

from __future__ import annotations

import subprocess
from pathlib import Path

from frames import Recording

# Long enough that `?offset=60` cannot be confused with live, short enough to be encoded in seconds.
SECONDS = 150


class RecordingFile:
    """A recording, and the file that encoders read it from."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.recording = Recording(path.read_bytes())

    @property
    def bytes_per_second(self) -> float:
        """The mean rate of the audio."""
        return self.path.stat().st_size / (len(self.recording) * self.recording.frame_seconds)


def _noise(rate: int, seed: int) -> list[str]:
    sweep = f"aevalsrc='0.2*sin(2*PI*(200+3*t)*t)|0.2*sin(2*PI*(300+5*t)*t)':s={rate}:d={SECONDS}"
    noise = f"anoisesrc=color=pink:amplitude=0.4:seed={seed}:sample_rate={rate}:duration={SECONDS}"
    return ["-f", "lavfi", "-i", sweep, "-f", "lavfi", "-i", noise,
            "-filter_complex", "[1:a]aformat=channel_layouts=stereo[n];[0:a][n]amix=inputs=2"]


def mp3_command(path: Path, rate: int, bit_rate: int, seed: int) -> list[str]:
    """ffmpeg making nothing but MP3 frames: no ID3 tag, no Xing frame."""
    return ["ffmpeg", "-nostdin", "-v", "error", "-y", *_noise(rate, seed), "-c:a", "libmp3lame",
            "-b:a", f"{bit_rate}k", "-id3v2_version", "0", "-write_xing", "0", "-f", "mp3", str(path)]


def aac_command(path: Path, rate: int, bit_rate: int, seed: int) -> list[str]:
    """ffmpeg making AAC-LC in ADTS."""
    return ["ffmpeg", "-nostdin", "-v", "error", "-y", *_noise(rate, seed), "-c:a", "aac",
            "-b:a", f"{bit_rate}k", "-f", "adts", str(path)]


def make(commands: dict[str, list[str]]) -> dict[str, RecordingFile]:
    """Runs the commands side by side; each makes the file that its last argument names."""
    running = {name: subprocess.Popen(command) for name, command in commands.items()}
    for name, process in running.items():
        if process.wait(timeout=120) != 0:
            raise RuntimeError(f"ffmpeg could not make {name}")
    return {name: RecordingFile(Path(command[-1])) for name, command in commands.items()}

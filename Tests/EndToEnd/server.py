"""Starts the real server on free loopback ports, reads its ready line, keeps its log, and stops it by SIGTERM."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[2]
# Unlike any other word in a log, so that a leak is found.
PASSWORD = "s3cret-of-a-source"
START_SECONDS = 20
STOP_SECONDS = 5


def binary() -> Path:
    """The executable under test: STREAMMACHINE_BINARY, or the debug build of this repository."""
    path = Path(os.environ.get("STREAMMACHINE_BINARY", REPOSITORY / ".build" / "debug" / "streammachine"))
    if not path.is_file():
        raise RuntimeError(f"{path} does not exist: run `swift build` first, or set STREAMMACHINE_BINARY")
    return path


def configuration(streams: Mapping[str, Mapping[str, Any]], **overrides: Any) -> dict[str, Any]:
    """A memory-only server on free ports; every stream takes the same password and logs to no file."""
    return {
        "mode": "standalone", "port": 0, "source_port": 0, "shoutcast_port": 0, "api_port": 0,
        "bind": "127.0.0.1", "api_bind": "127.0.0.1",
        "streams": {key: {"source_password": PASSWORD} | dict(options) for key, options in streams.items()},
    } | overrides


class Server:
    """One running server."""

    def __init__(self, directory: Path, config: Mapping[str, Any], arguments: tuple[str, ...] = ()) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.config_path = directory / "config.json"
        self.config_path.write_text(json.dumps(config, indent=2))
        self.log_path = directory / "server.log"
        self._log = self.log_path.open("wb")
        self.process = subprocess.Popen(
            [str(binary()), "serve", "--config", str(self.config_path), *arguments],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self._log)
        self._lines: queue.Queue[bytes] = queue.Queue()
        self._reader = threading.Thread(target=self._read_output, daemon=True)
        self._reader.start()
        self.ready = self._wait_until_ready()
        self.port: int = self.ready["port"]
        self.source_port: int = self.ready["source_port"]
        self.shoutcast_port: int = self.ready["shoutcast_port"]
        self.api_port: int = self.ready["api_port"]

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _read_output(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._log.write(line)
            self._log.flush()
            self._lines.put(line)
        self._lines.put(b"")

    def _wait_until_ready(self) -> dict[str, Any]:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                line = self._lines.get(timeout=max(0.01, deadline - time.monotonic()))
            except queue.Empty:
                self.kill()
                raise AssertionError(f"no ready line in {START_SECONDS} s:\n{self.log}") from None
            if not line:
                self.kill()
                raise AssertionError(f"the server exited with {self.process.returncode}:\n{self.log}")
            if ready := _ready_line(line):
                return ready

    @property
    def log(self) -> str:
        """Everything that it has written so far."""
        return self.log_path.read_text(errors="replace")

    @property
    def is_running(self) -> bool:
        """Whether the process lives."""
        return self.process.poll() is None

    @property
    def resident_bytes(self) -> int:
        """Its resident memory now."""
        pages = Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    @property
    def open_descriptors(self) -> int:
        """How many files and sockets it has open."""
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def stop(self) -> float:
        """Asks it to stop, insists on exit code 0 within five seconds, and returns how long it took."""
        if not self.is_running:
            raise AssertionError(f"the server had died with {self.process.returncode}:\n{self.log[-4_000:]}")
        asked = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"SIGTERM did not end the server in {STOP_SECONDS} s:\n{self.log[-4_000:]}") from None
        took = time.monotonic() - asked
        self._reader.join(5)
        self._log.close()
        if code != 0:
            raise AssertionError(f"exit code {code} after SIGTERM:\n{self.log[-4_000:]}")
        return took

    def kill(self) -> None:
        """Ends it the hard way, for use when a test has failed already."""
        self.process.kill()
        self.process.wait(timeout=10)


def _ready_line(line: bytes) -> dict[str, Any] | None:
    """The ready line's values; None for a line of any other kind."""
    try:
        value = json.loads(line)
    except ValueError:
        return None
    return value if isinstance(value, dict) and value.get("ready") is True else None

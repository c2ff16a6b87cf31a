"""An encoder whose every frame has a known moment: run as a program of its own, so that no other work delays it."""

from __future__ import annotations

import argparse
import base64
import signal
import socket
import sys
import time
from pathlib import Path
from types import FrameType

from frames import Recording
from web import read_head


def handshake(arguments: argparse.Namespace) -> socket.socket:
    """Connects as old Icecast encoders do, and takes nothing but a 200 for an answer."""
    connection = socket.create_connection((arguments.host, arguments.port), timeout=10)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    credentials = base64.b64encode(f"source:{arguments.password}".encode()).decode()
    connection.sendall(
        f"SOURCE /{arguments.mount} HTTP/1.0\r\nAuthorization: Basic {credentials}\r\n"
        f"Content-Type: {arguments.content_type}\r\nice-name: paced\r\n\r\n".encode())
    status, _, _ = read_head(connection)
    if status != 200:
        sys.exit(f"refused with {status}")
    return connection


def play(connection: socket.socket, recording: Recording, first: int, log_path: Path) -> None:
    """Sends frame after frame, each when its last sample would have been captured.

    The log has a line for each: its number, the UTC time in seconds just before it was sent, and the lateness.
    """
    start = time.monotonic() - recording.frame_seconds * first
    number = first
    with log_path.open("a", buffering=1) as log:
        while True:
            due = start + (number + 1) * recording.frame_seconds
            while (wait := due - time.monotonic()) > 0:
                time.sleep(wait)
            sent_at, lateness = time.time(), time.monotonic() - due
            connection.sendall(recording.frames[number % len(recording)].data)
            log.write(f"{number} {sent_at:.6f} {lateness:.6f}\n")
            number += 1


def leave(_number: int, _frame: FrameType | None) -> None:
    """Ends the program between two lines of its log."""
    sys.exit(0)


def main() -> None:
    """Reads the arguments and plays until it is told to stop."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--mount", required=True)
    parser.add_argument("--password", required=True)
    parser.add_argument("--content-type", default="audio/mpeg")
    parser.add_argument("--first", type=int, default=0, help="the frame to begin with")
    parser.add_argument("--log", type=Path, required=True)
    parser.add_argument("file", type=Path)
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, leave)
    recording = Recording(arguments.file.read_bytes())
    play(handshake(arguments), recording, arguments.first, arguments.log)


if __name__ == "__main__":
    main()

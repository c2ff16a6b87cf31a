"""Plain HTTP requests, and listeners that collect an endless answer in the background."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import frames
from icy import IcyStripper, TitleBlock

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer: header names in lower case, repeated headers joined by commas."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode("utf-8")


def fetch(
    port: int,
    target: str,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    timeout: float = 10,
) -> Answer:
    """One request on a connection of its own."""
    connection = http.client.HTTPConnection(HOST, port, timeout=timeout)
    try:
        connection.request(method, target, body=body, headers=dict(headers or {}))
        answer = connection.getresponse()
        names = {name.lower() for name in answer.headers.keys()}
        joined = {name: ", ".join(answer.headers.get_all(name) or []) for name in names}
        return Answer(answer.status, joined, answer.read())
    finally:
        connection.close()


def resolve(base: str, uri: str) -> str:
    """The request target that a relative URI in a playlist leads to."""
    parts = urlsplit(urljoin(f"http://{HOST}{base}", uri))
    return parts.path + (f"?{parts.query}" if parts.query else "")


def read_head(connection: socket.socket) -> tuple[int, dict[str, str], bytes]:
    """Reads a response head: its status, its headers, and the bytes of the body that came along."""
    received = bytearray()
    while b"\r\n\r\n" not in received:
        piece = connection.recv(65_536)
        if not piece:
            raise AssertionError(f"the connection ended inside the response head: {bytes(received[:200])!r}")
        received += piece
        if len(received) > 65_536 and b"\r\n\r\n" not in received:
            raise AssertionError("a response head of more than 64 KiB")
    head, _, rest = bytes(received).partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
    return int(lines[0].split()[1]), headers, rest


class Listener:
    """A listener: connects, and collects audio (and titles, with `icy`) until it is closed."""

    def __init__(self, port: int, target: str, icy: bool = False, timeout: float = 10) -> None:
        self._connection = socket.create_connection((HOST, port), timeout=timeout)
        extra = "Icy-MetaData: 1\r\n" if icy else ""
        self.asked_at = time.time()
        self._connection.sendall(f"GET {target} HTTP/1.1\r\nHost: {HOST}:{port}\r\n{extra}\r\n".encode())
        self.status, self.headers, rest = read_head(self._connection)
        self.answered_at = time.time()
        self.metadata_interval = int(self.headers.get("icy-metaint", "0"))
        self._stripper = IcyStripper(self.metadata_interval) if self.metadata_interval else None
        self._raw = bytearray()
        self._changed = threading.Condition()
        self._has_ended = False
        self._fault: BaseException | None = None
        self._take(rest)
        self._thread = threading.Thread(target=self._collect, daemon=True)
        self._thread.start()

    def __enter__(self) -> Listener:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _take(self, data: bytes) -> None:
        if self._stripper is not None:
            self._stripper.feed(data)
        else:
            self._raw += data

    def _collect(self) -> None:
        try:
            while data := self._connection.recv(65_536):
                with self._changed:
                    self._take(data)
                    self._changed.notify_all()
        except OSError:
            pass
        except AssertionError as fault:
            self._fault = fault
        with self._changed:
            self._has_ended = True
            self._changed.notify_all()

    @property
    def has_ended(self) -> bool:
        """Whether the server has closed the connection (or this end has)."""
        with self._changed:
            return self._has_ended

    @property
    def audio(self) -> bytes:
        """The audio so far, metadata taken out."""
        with self._changed:
            if self._fault is not None:
                raise self._fault
            return bytes(self._stripper.audio if self._stripper is not None else self._raw)

    @property
    def blocks(self) -> list[TitleBlock]:
        """The metadata blocks so far that were not empty."""
        with self._changed:
            return list(self._stripper.blocks) if self._stripper is not None else []

    @property
    def frames(self) -> list[frames.Frame]:
        """The whole frames so far, from the first byte on."""
        return frames.split(self.audio)[0]

    def wait_for_bytes(self, count: int, timeout: float) -> None:
        """Waits until `count` bytes of audio have come."""
        deadline = time.monotonic() + timeout
        with self._changed:
            while len(self._stripper.audio if self._stripper is not None else self._raw) < count:
                left = deadline - time.monotonic()
                if left <= 0 or self._has_ended:
                    raise AssertionError(f"the listener has {'ended' if self._has_ended else 'too few bytes'} "
                                         f"before {count} bytes of audio")
                self._changed.wait(left)

    def wait_for_title(self, title: str, timeout: float) -> TitleBlock:
        """Waits for a metadata block with this title."""
        deadline = time.monotonic() + timeout
        with self._changed:
            while self._stripper is None or not any(block.title == title for block in self._stripper.blocks):
                left = deadline - time.monotonic()
                if left <= 0 or self._has_ended or self._fault is not None:
                    raise AssertionError(f"the title {title!r} did not come") from self._fault
                self._changed.wait(left)
            return next(block for block in self._stripper.blocks if block.title == title)

    def close(self) -> None:
        """Hangs up."""
        try:
            self._connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._thread.join(5)
        self._connection.close()

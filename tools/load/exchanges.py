# exchanges.py: one request and its answer, whose body is thrown away where it is or saved.

import socket

from .process import Failure
from .servers import HOST

FILE, RAW = "1.1", "1.0"
CHUNK = 1 << 20


class Exchange:
    """One request on a connection of its own: HTTP/1.1 for a body with a length, 1.0 for one without."""

    def __init__(self, port, path, headers=None, version=FILE):
        self.path = path
        self.received = b""
        self.socket = socket.create_connection((HOST, port), timeout=30)
        lines = [f"GET {path} HTTP/{version}", f"Host: {HOST}"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        try:
            self.socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
            self.head = self.read_head()
        except OSError as error:
            self.fail(str(error))
        if " 200" not in self.head.split("\r\n", 1)[0]:
            self.fail(self.head.split("\r\n", 1)[0])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def fail(self, reason):
        self.socket.close()
        raise Failure(f"GET {self.path}: {reason}")

    def read_head(self):
        while b"\r\n\r\n" not in self.received:
            chunk = self.socket.recv(4096)
            if not chunk:
                self.fail("closed before there was an answer")
            self.received += chunk
        head, _, self.received = self.received.partition(b"\r\n\r\n")
        return head.decode(errors="replace")

    def header(self, wanted):
        for line in self.head.split("\r\n")[1:]:
            name, _, value = line.partition(":")
            if name.lower() == wanted:
                return value.strip()
        return self.fail(f"no {wanted}")

    @property
    def length(self):
        return int(self.header("content-length"))

    def discard(self, count):
        """Takes so much of the body, at least, and throws it away where it is."""
        taken, room = len(self.received), bytearray(CHUNK)
        while taken < count:
            # MSG_TRUNC on TCP: receiving costs no copy.
            got = self.socket.recv_into(room, CHUNK, socket.MSG_TRUNC)
            if got == 0:
                self.fail(f"ended after {taken} of {count} B")
            taken += got
        return taken

    def save(self, path):
        """Writes the body to a file; returns its size."""
        left = self.length - len(self.received)
        with open(path, "wb") as file:
            file.write(self.received)
            while left > 0:
                chunk = self.socket.recv(CHUNK)
                if not chunk:
                    self.fail(f"ended {left} B early")
                file.write(chunk)
                left -= len(chunk)
        return self.length

"""Hostile input, while a listener listens: a clear error or a closed connection, and nothing else happens."""

from __future__ import annotations

import base64
import random
import re
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import cycle

import pytest

from audio import RecordingFile
from conditions import wait_until
from encoders import PacedEncoder, Target
from frames import without_leading_silence
from server import PASSWORD, Server, configuration
from web import HOST, Listener, fetch

# What the server may grow by in all of these tests together; the audio of the run itself is under 3 MB.
GROWTH = 64 << 20
HEAD_SECONDS = 30
Port = str


@dataclass(slots=True)
class Victim:
    """A server under attack, with an encoder and a listener that must not notice."""

    server: Server
    encoder: PacedEncoder
    listener: Listener
    recording: RecordingFile
    resident_before: int
    half_open: list[socket.socket]
    half_open_since: float

    def port(self, name: Port) -> int:
        """`listener`, `source` or `shoutcast`."""
        return {"listener": self.server.port, "source": self.server.source_port,
                "shoutcast": self.server.shoutcast_port}[name]

    def check(self) -> None:
        """The server lives, answers at once, and its memory is bounded."""
        assert self.server.is_running, self.server.log[-4_000:]
        assert fetch(self.server.port, "/test.m3u8", timeout=3).status == 200
        assert not self.listener.has_ended
        grown = self.server.resident_bytes - self.resident_before
        assert grown < GROWTH, f"grown by {grown >> 20} MiB"


def open_halfway(server: Server) -> list[socket.socket]:
    """Hundreds of connections whose head begins, or not even that, and never ends: all other tests run beside them."""
    starts = cycle((b"", b"G", b"GET /test HTTP/1.1\r\nHost:", b"SOURCE /test HTTP/1.0\r\n", b"pass"))
    opened = []
    for port in (server.port, server.source_port, server.shoutcast_port):
        for _ in range(100):
            connection = socket.create_connection((HOST, port), timeout=5)
            connection.sendall(next(starts))
            opened.append(connection)
    return opened


@pytest.fixture(scope="module")
def victim(
    recordings: dict[str, RecordingFile], tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Victim]:
    """One victim for the whole file; at the end its listener must have missed nothing, and it must stop well."""
    folder, file = tmp_path_factory.mktemp("hostile"), recordings["mp3-48"]
    server = Server(folder, configuration({"test": {"root_route": True}, "other": {}, "stalled": {}}))
    try:
        with PacedEncoder(Target(server.source_port, "test"), file.path, folder / "encoder.log") as encoder:
            wait_until(lambda: fetch(server.port, "/test.m3u8").status == 200, 15, "audio on /test")
            with Listener(server.port, "/test") as listener:
                before, half_open = server.resident_bytes, open_halfway(server)
                yield Victim(server, encoder, listener, file, before, half_open, time.monotonic())
                for connection in half_open:
                    connection.close()
                assert encoder.is_running, encoder.log
                assert not listener.has_ended
                heard = without_leading_silence(listener.frames)
                run = file.recording.run(heard)
                sent = encoder.sent()[-1].number
                assert run.end > sent - 150, "the listener has fallen behind"
        server.stop()
    finally:
        if server.is_running:
            server.kill()


def attack(port: int, data: bytes, wait: float = 5, close_writing: bool = False) -> bytes | None:
    """Sends bytes and returns what comes until the server closes; None if it is still open after `wait` seconds."""
    received = bytearray()
    with socket.create_connection((HOST, port), timeout=wait) as connection:
        try:
            connection.sendall(data)
            if close_writing:
                connection.shutdown(socket.SHUT_WR)
            deadline = time.monotonic() + wait
            while True:
                connection.settimeout(max(0.01, deadline - time.monotonic()))
                piece = connection.recv(65_536)
                if not piece:
                    return bytes(received)
                received += piece
                if len(received) > 1 << 20 or time.monotonic() > deadline:
                    return None
        except TimeoutError:
            return None
        except (ConnectionResetError, BrokenPipeError):
            return bytes(received)


def is_clear(answer: bytes | None) -> bool:
    """Whether an answer is an error (or just the closed connection), not a success and not a hang."""
    if answer is None:
        return False
    if answer.startswith((b"HTTP/1.0 4", b"HTTP/1.1 4", b"HTTP/1.0 5", b"HTTP/1.1 5")):
        return True
    return answer == b"" or answer.startswith(b"invalid password")


AUTHORIZATION = b"Authorization: Basic " + base64.b64encode(f"source:{PASSWORD}".encode()) + b"\r\n"
ports = pytest.mark.parametrize("port", ["listener", "source", "shoutcast"])
http_ports = pytest.mark.parametrize("port", ["listener", "source"])


@ports
def test_random_bytes(victim: Victim, port: Port) -> None:
    generator = random.Random(20_260_101)
    for number in range(60):
        data = generator.randbytes(generator.choice((1, 3, 64, 1_000, 70_000)))
        answer = attack(victim.port(port), data, close_writing=True)
        assert is_clear(answer), (number, data[:64], (answer or b"")[:200])
    victim.check()


@http_ports
def test_truncated_heads(victim: Victim, port: Port) -> None:
    head = b"SOURCE /other HTTP/1.0\r\nHost: x\r\n" + AUTHORIZATION + b"Content-Type: audio/mpeg\r\n\r\n"
    if port == "listener":
        head = b"GET /test?timestamp=1700000000 HTTP/1.1\r\nHost: x\r\nIcy-MetaData: 1\r\nRange: bytes=0-\r\n\r\n"
    for end in range(0, len(head), 5):
        answer = attack(victim.port(port), head[:end], close_writing=True)
        assert is_clear(answer), (head[:end], answer)
    victim.check()


BIG_HEADS = {
    "an endless method": b"A" * (1 << 20),
    "a 1 MB target": b"GET /" + b"a" * (1 << 20) + b" HTTP/1.1\r\n\r\n",
    "a 1 MB header": b"GET /test HTTP/1.1\r\nX: " + b"a" * (1 << 20) + b"\r\n\r\n",
    "100,000 headers": b"GET /test HTTP/1.1\r\n" + b"a: b\r\n" * 100_000 + b"\r\n",
    "1 MB of empty lines": b"\r\n" * (1 << 19),
    "a 1 MB query": b"GET /test?" + b"a=b&" * (1 << 18) + b" HTTP/1.1\r\n\r\n",
    "a header folded for ever": b"GET /test HTTP/1.1\r\nX: a\r\n" + b" b\r\n" * (1 << 18) + b"\r\n",
}


@http_ports
@pytest.mark.parametrize("kind", BIG_HEADS)
def test_heads_that_are_too_big(victim: Victim, port: Port, kind: str) -> None:
    for _ in range(5):
        answer = attack(victim.port(port), BIG_HEADS[kind])
        assert is_clear(answer), (answer or b"still open")[:200]
    victim.check()


MALFORMED = {
    "no version": b"GET /test\r\n\r\n",
    "a bad version": b"GET /test HTTP/9.9\r\nHost: x\r\n\r\n",
    "no target": b"GET HTTP/1.1\r\n\r\n",
    "a NUL in the target": b"GET /te\0st HTTP/1.1\r\nHost: x\r\n\r\n",
    "a NUL in a header": b"GET /test HTTP/1.1\r\nHost: x\0y\r\n\r\n",
    "a blank in a header's name": b"GET /test HTTP/1.1\r\nHost : x\r\n\r\n",
    "a header without a colon": b"GET /test HTTP/1.1\r\nHost\r\n\r\n",
    "an unknown method": b"BREW /test HTTP/1.1\r\nHost: x\r\n\r\n",
    "a way out of the tree": b"GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n",
    "an encoded way out": b"GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n",
    "a broken escape": b"GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n",
    "an encoded NUL": b"GET /test%00.m3u8 HTTP/1.1\r\nHost: x\r\n\r\n",
    "two lengths": b"POST /test HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    "a length and chunks":
        b"POST /test HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a negative length": b"POST /test HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
    "a length of 400 digits": b"POST /test HTTP/1.1\r\nHost: x\r\nContent-Length: " + b"9" * 400 + b"\r\n\r\n",
    "credentials that are not": b"PUT /test HTTP/1.1\r\nHost: x\r\nAuthorization: Basic !!!\r\n\r\n",
    "a TLS hello": bytes.fromhex("16030100c8010000c40303") + bytes(190),
    "an Ultravox frame": b"\x5a\0\x10\x09\0\x10" + bytes(16),
}


@http_ports
@pytest.mark.parametrize("kind", MALFORMED)
def test_malformed_requests_get_an_error_and_nothing_else(victim: Victim, port: Port, kind: str) -> None:
    answer = attack(victim.port(port), MALFORMED[kind], close_writing=True)
    assert is_clear(answer), (answer or b"still open")[:300]
    assert b"root:" not in (answer or b"")
    victim.check()


@pytest.mark.parametrize("target", [
    "/test?offset=-1", "/test?offset=1e308", "/test?timestamp=-9223372036854775808", "/test?pump=9223372036854775807",
    "/test?from=0&to=0", "/test.m3u8?_HLS_msn=99999999999999999999", "/test.m3u8?_HLS_msn=-1",
    "/test.m3u8?_HLS_part=1",
    "/test/ts/99999999999999999999999.ts", "/test/ts/-1.ts", "/test/packed/%2e%2e/live.m3u8", "//test",
    "/test//live.m3u8",
    "/test?" + "&".join(f"k{number}=v" for number in range(500)), "*", "http://elsewhere/test.m3u8",
])
def test_hostile_parameters_never_hang(victim: Victim, target: str) -> None:
    request = f"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
    with socket.create_connection((HOST, victim.server.port), timeout=5) as connection:
        connection.sendall(request)
        assert connection.recv(12).startswith(b"HTTP/1."), "no answer"
    victim.check()


def put(mount: str, *headers: bytes) -> bytes:
    """The head of a PUT with the right password."""
    return (f"PUT /{mount} HTTP/1.1\r\nHost: x\r\n".encode() + AUTHORIZATION + b"Content-Type: audio/mpeg\r\n"
            + b"".join(header + b"\r\n" for header in headers) + b"\r\n")


NO_AUDIO = {
    "text": b"Lorem ipsum dolor sit amet, consectetur adipisici elit. " * 2_000,
    "a web page": b"<!doctype html><title>502</title>" * 3_000,
    "zeros": bytes(100_000),
    "0xFF": b"\xff" * 100_000,
    "an ID3 tag of 256 MB": b"ID3\x04\0\0\x7f\x7f\x7f\x7f" + b"x" * 100_000,
    "headers of frames that never come": b"\xff\xfb\x90\x00" * 25_000,
    "ADTS frames of no length": b"\xff\xf1\x50\x80\x00\x1f\xfc" * 15_000,
}


@pytest.mark.parametrize("kind", NO_AUDIO)
def test_a_source_that_sends_no_audio_is_refused(victim: Victim, kind: str) -> None:
    with socket.create_connection((HOST, victim.server.source_port), timeout=15) as connection:
        connection.sendall(put("other"))
        try:
            for _ in range(30):
                connection.sendall(NO_AUDIO[kind])
            while connection.recv(65_536):
                pass
        except (ConnectionResetError, BrokenPipeError):
            pass
        except TimeoutError:
            pytest.fail(f"a source of {kind} was still connected after 15 s")
    assert fetch(victim.server.port, "/other").status == 503
    victim.check()


def test_the_mount_of_a_refused_source_takes_a_real_one(victim: Victim) -> None:
    log_path = victim.encoder.log_path.with_name("after.log")
    with PacedEncoder(Target(victim.server.source_port, "other"), victim.recording.path, log_path) as encoder:
        wait_until(lambda: fetch(victim.server.port, "/other.m3u8").status == 200, 15, f"/other: {encoder.log}")
    victim.check()


def test_rubbish_between_frames_is_skipped(victim: Victim) -> None:
    frames = victim.recording.recording.frames
    generator = random.Random(7)
    pieces = [frame.data + generator.randbytes(50).replace(b"\xff", b"\0") for frame in frames[:300]]
    answer = attack(victim.server.source_port, put("stalled") + b"".join(pieces), wait=2)
    assert answer is None or answer.startswith(b"HTTP/1.")
    victim.check()


CHUNKS = {
    "not a number": b"zz\r\nabc\r\n",
    "a huge number": b"ffffffffffffffffffff\r\n",
    "the largest number": b"7fffffffffffffff\r\n" + b"x" * 100_000,
    "a negative number": b"-5\r\nhello\r\n",
    "no line end": b"5" * 100_000,
    "a wrong line end": b"5\r\nhelloXX5\r\nhello\r\n",
    "an endless extension": b"5;" + b"x" * 100_000,
}


@pytest.mark.parametrize("kind", CHUNKS)
def test_broken_chunks_end_the_source(victim: Victim, kind: str) -> None:
    request = put("other", b"Transfer-Encoding: chunked") + CHUNKS[kind]
    assert attack(victim.server.source_port, request, wait=15, close_writing=kind == "the largest number") is not None
    victim.check()


def test_titles_cannot_flood(victim: Victim) -> None:
    for size in (10, 4_000, 60_000, 1 << 20):
        head = (b"GET /admin/metadata?mode=updinfo&mount=/test&song=" + b"%C3%A4" * (size // 6)
                + b" HTTP/1.0\r\n" + AUTHORIZATION + b"\r\n")
        answer = attack(victim.server.source_port, head, close_writing=True)
        assert answer is not None and (answer == b"" or answer.startswith(b"HTTP/1.")), (answer or b"still open")[:100]
    victim.check()


def test_many_wrong_passwords(victim: Victim) -> None:
    for number in range(200):
        credentials = base64.b64encode(b"source:%d" % number)
        request = b"SOURCE /test HTTP/1.0\r\nAuthorization: Basic " + credentials + b"\r\n\r\n"
        answer = attack(victim.server.source_port, request)
        assert is_clear(answer) and (not answer or b" 401 " in answer or b" 429 " in answer)
    victim.check()


def test_listeners_that_never_read_hold_no_memory(victim: Victim) -> None:
    with ExitStack() as stack:
        for _ in range(200):
            connection = stack.enter_context(socket.create_connection((HOST, victim.server.port), timeout=5))
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            connection.sendall(b"GET /test?offset=10m HTTP/1.1\r\nHost: x\r\n\r\n")
        mark = victim.encoder.sent()[-1].number
        wait_until(lambda: victim.encoder.sent()[-1].number > mark + 125, 10, "3 s to pass")
        victim.check()
    wait_until(lambda: victim.server.open_descriptors < 150, 15, "the stalled listeners' sockets to be closed")


def test_connections_that_come_and_go(victim: Victim) -> None:
    before = victim.server.open_descriptors
    for port in ("listener", "source", "shoutcast"):
        for _ in range(300):
            socket.create_connection((HOST, victim.port(port)), timeout=5).close()
    for _ in range(100):
        with socket.create_connection((HOST, victim.server.port), timeout=5) as connection:
            connection.sendall(b"GET /test HTTP/1.1\r\nHost: x\r\n\r\n")
            # Closing with data unread resets the connection while the server writes its burst.
    wait_until(lambda: victim.server.open_descriptors <= before + 5, 15, "all descriptors to be given back")
    victim.check()


def test_pipelined_requests_are_answered_in_order(victim: Victim) -> None:
    requests = [b"GET /test%s HTTP/1.1\r\nHost: x\r\n" % path for path in (b".m3u8", b"/nosuch", b"/master.m3u8")]
    answer = attack(victim.server.port, b"\r\n".join(requests) + b"Connection: close\r\n\r\n")
    assert answer is not None
    # A body need not end with a line break, so an answer may begin in the middle of a line.
    statuses = re.findall(rb"HTTP/1\.1 (\d{3}) ", answer)
    assert statuses == [b"200", b"404", b"200"]
    victim.check()


def is_closed(connection: socket.socket) -> bool:
    """Whether the server has closed it, after an answer or without one."""
    connection.setblocking(False)
    try:
        while connection.recv(65_536):
            pass
    except BlockingIOError:
        return False
    except ConnectionResetError:
        pass
    return True


def test_half_open_connections_were_closed_in_time(victim: Victim) -> None:
    left = max(1.0, victim.half_open_since + HEAD_SECONDS - time.monotonic())
    wait_until(lambda: all([is_closed(connection) for connection in victim.half_open]), left,
               f"the server to close connections whose head has not come in {HEAD_SECONDS} s", every=0.5)
    victim.check()

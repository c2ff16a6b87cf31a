# listening.py: CPU of a listener-second, raw, with ICY metadata and at offsets, beside Icecast and a bare loop.

import re
import socket
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Callable

from .measuring import BURST, BURST_SECONDS, BYTES_A_SECOND, PART, measure, start_listeners, start_sources
from .process import Failure, Process
from .report import Line
from .servers import HOST, Icecast, SendLoop, StreamMachine

OURS, ICY, OFFSET, ICECAST, LOOP = "ours", "ours, ICY", "ours, offsets", "Icecast 2.4.4", "C send loop"

STAMP = re.compile(rb"SMSTAMP:[0-9a-f]{16}([0-9a-f]{16})")


@dataclass
class Subject:
    """One of those that are measured in turns, and its figures so far."""

    name: str
    server: Process
    arguments: Callable[[], list]
    path: str = None
    figures: list = field(default_factory=list)
    failure: str = ""


def listening(bench, wanted):
    """CPU per listener-second: the subjects that the wanted rows need, in turns, `rounds` times."""
    with ExitStack() as stack:
        subjects = []
        if not bench.peers_only:
            subjects += start_ours(bench, stack, wanted)
        if "raw" in wanted:
            subjects[1:1] = start_peers(bench, stack)
        time.sleep(BURST_SECONDS)
        for number in range(bench.rounds):
            for subject in subjects:
                measure_subject(bench, subject, number)
    return lines_of(bench, wanted, {subject.name: subject for subject in subjects})


def start_ours(bench, stack, wanted):
    """Our server, alone for all its subjects. Offsets come last: by then there is more of a window."""
    ours = stack.enter_context(StreamMachine(bench))
    stack.enter_context(start_sources(bench, ours.source_port, "/test"))
    fed_at = time.monotonic()
    subjects = [Subject(OURS, ours, lambda: [*BURST])]
    if "icy" in wanted:
        subjects.append(Subject(ICY, ours, lambda: [*BURST, "--icy"]))
    if "offset" in wanted:
        subjects.append(Subject(OFFSET, ours, lambda: spread_offsets(bench, ours, fed_at), "/test?offset=%d"))
    return subjects


def start_peers(bench, stack):
    subjects = []
    try:
        icecast = stack.enter_context(Icecast(bench))
        stack.enter_context(start_sources(bench, icecast.source_port, "/test"))
        subjects.append(Subject(ICECAST, icecast, lambda: ["--burst", 60000]))
    except Failure as failure:
        subjects.append(Subject(ICECAST, None, list, failure=str(failure)))
    subjects.append(Subject(LOOP, stack.enter_context(SendLoop(bench)), list))
    return subjects


def spread_offsets(bench, ours, fed_at):
    """Offsets from behind the burst to the oldest audio, once there is more than a minute of it."""
    time.sleep(max(0, fed_at + (25 if bench.quick else 75) - time.monotonic()))
    oldest = int(time.monotonic() - fed_at)
    age = age_of_audio(ours, oldest - 5)
    if abs(age - (oldest - 5)) > 5:
        raise Failure(f"?offset={oldest - 5} brings audio that is {age:.0f} s old")
    return ["--offsets", f"{BURST_SECONDS},{oldest}", "--burst", BYTES_A_SECOND]


def age_of_audio(ours, offset):
    """How old the first stamped frame is that a listener at an offset receives: its stamp is of our clock."""
    received = b""
    with socket.create_connection((HOST, ours.port), timeout=10) as listener:
        listener.sendall(f"GET /test?offset={offset} HTTP/1.0\r\n\r\n".encode())
        while len(received) < BYTES_A_SECOND:
            chunk = listener.recv(65536)
            if not chunk:
                break
            received += chunk
    stamp = STAMP.search(received)
    if stamp is None:
        raise Failure(f"?offset={offset} brings no frame of the source")
    return (time.monotonic_ns() - int(stamp.group(1), 16)) / 1e9


def measure_subject(bench, subject, number):
    """Measures one round; a subject that failed once is left out of the other rounds."""
    if subject.failure:
        return
    try:
        arguments = subject.arguments()
        listeners = start_listeners(bench, subject.server, bench.listeners, *arguments, path=subject.path)
        report = measure(listeners, subject.server, bench.parts * PART)
        report["arguments"] = " ".join(map(str, arguments))
        subject.figures.append(microseconds_per_listener_second(report))
        bench.record("listening", subject.name, number, report)
    except Failure as failure:
        subject.failure = str(failure)


def microseconds_per_listener_second(report, most=1.15):
    """Delivered audio is the measure: a window may hold one part more or less."""
    share = report["bytes"] / (report["listeners"] * report["seconds"] * BYTES_A_SECOND)
    trouble = ""
    if report["lost"] > 0:
        trouble = f"{report['lost']} listeners lost"
    elif not 0.85 <= share <= most:
        trouble = f"listeners received {share:.2f} of real time"
    if trouble:
        raise Failure(trouble)
    return report["server_cpu"] * 1e6 / (report["bytes"] / BYTES_A_SECOND)


def lines_of(bench, wanted, subjects):
    missing = Subject("", None, list)

    def line(row, measure_name, mine, peer, against, bar):
        ours, theirs = subjects.get(mine, missing), subjects.get(peer, missing)
        reason = ours.failure or theirs.failure
        return Line(row, measure_name, "us", ours.figures, against, theirs.figures, bar, skipped=reason)

    lines = []
    if "raw" in wanted:
        title = f"CPU a listener-second, {bench.listeners} x 128 kbit/s"
        lines.append(line("raw", title, OURS, ICECAST, ICECAST, 0.25))
        lines.append(line("raw", title, OURS, LOOP, LOOP, 1.3))
    if "icy" in wanted:
        lines.append(line("icy", "the same, ICY metadata on", ICY, OURS, "ours, raw", 1.3))
    if "offset" in wanted:
        lines.append(line("offset", "the same, each at its own offset", OFFSET, OURS, "ours, live", 1.15))
    return lines

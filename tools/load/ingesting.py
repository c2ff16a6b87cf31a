# ingesting.py: what taking audio in costs: the cores of many sources, the memory of a full rewind window.

import datetime
import time

from .measuring import start_sources
from .process import Failure
from .report import Line
from .servers import StreamMachine, stream

BYTES_A_SECOND = 8000  # of audio at 64 kbit/s


def sources(bench, _):
    """Cores that 500 sources take. Not pinned to one core: pinned, the figure could not exceed the bar."""
    count = 100 if bench.quick else 500
    streams = {f"s{number}": stream() for number in range(count)}
    cores, every = [], bench.server_cores | bench.load_cores
    with StreamMachine(bench, streams, cores=every) as ours:
        with start_sources(bench, ours.source_port, "/s%d", "--count", count) as generator:
            time.sleep(6)
            generator.start()
            for number in range(bench.rounds):
                cpu, began = ours.cpu_seconds(), time.monotonic()
                time.sleep(3 if bench.quick else 10)
                cores.append((ours.cpu_seconds() - cpu) / (time.monotonic() - began))
                bench.record("sources", "ours", number, {"cores": round(cores[-1], 4)})
            report = generator.finish()
            bench.record("sources", "load", 0, report)
    if report["lost"] > 0:
        raise Failure(f"{report['lost']} of {count} sources were lost")
    note = f"sources at most {report['late_ms']:.0f} ms late"
    return [Line("sources", f"{count} sources at 128 kbit/s", "cores", cores, "the bar", [1.0], 1.0, note)]


def window(bench, _):
    """Growth of resident memory while a fast clock fills the window, over the bytes of audio that fill it."""
    hours, rate = (1 if bench.quick else 8), 200
    total = hours * 3600 * BYTES_A_SECOND
    ratios, kept = [], []
    for number in range(bench.long_rounds):
        arguments = ("--test-clock", f"0,{rate}")
        with StreamMachine(bench, {"test": stream(seconds=hours * 3600)}, arguments) as ours:
            with start_sources(bench, ours.source_port, "/test", "--kilobits", 64, "--flood", total) as source:
                report = fill(source, ours, total, hours * 3600 / rate)
        ratios.append(report["grown"] / report["audio"])
        kept.append(report["hours"])
        bench.record("window", "ours", number, report)
    note = f"archive.json lists {min(kept):.2f} h"
    title = f"growth of VmRSS, {hours} h at 64 kbit/s, per byte of audio"
    return [Line("window", title, "", ratios, "the bar", [1.05], 1.0, note)]


def fill(source, ours, total, seconds):
    """Follows the flood; what the first fiftieth brings in besides audio (code, tables) is not growth.

    What was sent may still be in a socket: archive.json tells what is in the window.
    """
    deadline = time.monotonic() + seconds * 1.5 + 10
    sent = int(source.read_line(60).split()[1])
    first, before = archived_hours(ours), ours.memory()
    while sent < total:
        if time.monotonic() > deadline:
            raise Failure(f"only {sent / total:.0%} of the audio was read in {seconds * 1.5 + 10:.0f} s")
        sent = int(source.read_line(60).split()[1])
    last, after = archived_hours(ours), ours.memory()
    audio = round((last - first) * 3600 * BYTES_A_SECOND)
    return {"audio": audio, "grown": after[0] - before[0], "grown_anonymous": after[1] - before[1], "hours": last}


def archived_hours(ours):
    """How much archive.json says can be played."""
    times = [[parse_time(item[key]) for key in ("start", "end")] for item in ours.archive("test")["ranges"]]
    return round(sum((end - start).total_seconds() for start, end in times) / 3600, 4)


def parse_time(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))

# rewinding.py: thousands of listeners, each at its own place in days of audio on disk, beside live ones.

import statistics
import time

from .exchanges import RAW, Exchange
from .filling import can_drop_page_cache, drop_page_cache, fill
from .ingesting import parse_time
from .listening import microseconds_per_listener_second
from .measuring import BURST, BURST_SECONDS, BYTES_A_SECOND, PART, measure, start_listeners, start_sources
from .process import Failure
from .report import Line
from .servers import StreamMachine

LIVE, COLD, AGAIN, DROPPED = "live", "cold", "the same places again", "page cache dropped"


def rewinding(bench, _):
    """CPU and memory of cold listeners.

    They are so far apart that nobody comes to where another has been: each part is checked for its one listener.
    """
    spacing = 30
    hours = -(-bench.listeners * spacing // 3600) + 1
    store = fill(bench, "cold", 1, hours, 128)
    try:
        slopes = [slope(bench, store, number) for number in range(bench.long_rounds)]
        figures = {kind: [] for kind in (LIVE, COLD, AGAIN, DROPPED)}
        for number in range(bench.rounds):
            listen(bench, store, number, figures)
    finally:
        store.remove()
    return lines_of(bench, store, slopes, figures)


def slope(bench, store, number):
    """The slope of resident memory from a fifth of the listeners to all, on a fresh server; RssAnon beside it."""
    few, many = bench.listeners // 5, bench.listeners
    with serve(bench, store) as ours, start_sources(bench, ours.source_port, "/s01"):
        time.sleep(BURST_SECONDS)
        with start_cold(bench, ours, store, few):
            before = ours.memory()
            with start_cold(bench, ours, store, many - few):
                after = ours.memory()
    bench.record("cold memory", "ours", number, {"rss": [before[0], after[0]], "anon": [before[1], after[1]]})
    return [(after[place] - before[place]) / (many - few) / 1024 for place in (0, 1)]


def listen(bench, store, number, figures):
    """One round on a fresh server, which has checked nothing yet: live, cold, and what is not cold any more."""
    with serve(bench, store) as ours, start_sources(bench, ours.source_port, "/s01"):
        time.sleep(BURST_SECONDS)
        check_places(ours, store)
        for kind in (LIVE, COLD, AGAIN):
            figures[kind].append(round_of(bench, ours, store, kind, number))
    if number < bench.long_rounds and can_drop_page_cache():
        with serve(bench, store) as ours, start_sources(bench, ours.source_port, "/s01"):
            time.sleep(BURST_SECONDS)
            drop_page_cache()
            figures[DROPPED].append(round_of(bench, ours, store, DROPPED, number))


def round_of(bench, ours, store, kind, number):
    if kind == LIVE:
        listeners = start_listeners(bench, ours, bench.listeners, *BURST, path="/s01")
    else:
        listeners = start_cold(bench, ours, store, bench.listeners)
    report = measure(listeners, ours, bench.parts * PART)
    bench.record("cold", kind, number, report)
    # Those that waited for the disk when they came may still be catching up.
    return microseconds_per_listener_second(report, most=2 if kind == DROPPED else 1.15)


def start_cold(bench, ours, store, count):
    newest, oldest = store.offsets()
    arguments = ["--offsets", f"{newest},{oldest}", "--burst", BYTES_A_SECOND]
    return start_listeners(bench, ours, count, *arguments, path="/s01?offset=%d")


def check_places(ours, store):
    """An offset has to lead to the audio of its time."""
    for offset in store.offsets():
        wanted = time.time() - offset
        with Exchange(ours.port, f"/s01?offset={offset}", {}, RAW) as exchange:
            moment = exchange.header("x-start-time")
        if abs(parse_time(moment).timestamp() - wanted) > 5:
            raise Failure(f"?offset={offset} brings audio of {moment}")


def serve(bench, store):
    return StreamMachine(bench, store.settings(), store={"dir": store.directory, "hot_seconds": 60})


def lines_of(bench, store, slopes, figures):
    few, many = bench.listeners // 5, bench.listeners
    title = f"CPU a listener-second, {many} at their own cold offsets in {store.hours} h, read for the first time"
    again = "the same places again: checked already"
    resident, anonymous = zip(*slopes)
    lines = [
        Line("cold", title, "us", figures[COLD], "ours, live", figures[LIVE], 1.15),
        Line("cold", again, "us", figures[AGAIN], "ours, live", figures[LIVE], 1.15),
    ]
    if figures[DROPPED]:
        lines.append(Line("cold", "first time, page cache dropped", "us", figures[DROPPED], "ours, live",
                          figures[LIVE]))
    lines.append(Line("cold", f"memory a cold listener, slope of VmRSS from {few} to {many}", "KB", list(resident),
                      "the bar", [8.0], 1.0, f"RssAnon {statistics.median(anonymous):.2f} KB"))
    return lines

# storing.py: a server on days of audio on disk: its memory, its start, and downloads beside nginx.

import os
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from .exchanges import RAW, Exchange
from .filling import can_drop_page_cache, drop_page_cache, fill
from .ingesting import parse_time
from .process import Process
from .report import Line
from .servers import Nginx, StreamMachine

JOIN_BYTES = 50000  # what a listener takes before it leaves: most of the burst, so that it need not wait
MB = 1e6


def storing(bench, wanted):
    """Fills the store that the wanted rows need, and measures them on it, those that add to it last."""
    streams, hours = (4, 2) if bench.quick else (20, 24)
    if wanted == ["download"]:
        streams = 1
    store = fill(bench, "store", streams, hours, 48)
    lines = []
    try:
        for name, row in (("disk-start", start), ("download", download), ("disk-memory", memory)):
            if name in wanted:
                lines += row(bench, store)
    finally:
        store.remove()
    return lines


def title_of(store):
    return f"{store.hours} h x {store.streams} streams at {store.kilobits} kbit/s on disk"


# Memory


def memory(bench, store):
    """Anonymous memory of a server without sources, so without a hot tail: opened, and when all was asked for."""
    bar = (60 * MB + 64 * store.segments()) / MB
    opened, asked, peaks = [], [], []
    for number in range(bench.long_rounds):
        with serve(bench, store) as ours:
            time.sleep(2)
            opened.append(ours.memory()[1] / MB)
            with peak_memory(ours) as peak:
                counts = ask_for_everything(bench, ours, store, random.Random(number))
            time.sleep(1)
            asked.append(ours.memory()[1] / MB)
            peaks.append(peak["anonymous"] / MB)
            figures = {"opened": round(opened[-1], 2), "asked": round(asked[-1], 2), "peak": round(peaks[-1], 2)}
            bench.record("disk-memory", "ours", number, {**figures, **counts})
    against = f"60 MB + 64 B x {store.segments()} segments"
    return [
        Line("disk-memory", f"RssAnon, {title_of(store)}", "MB", opened, against, [bar], 1.0, "opened"),
        Line("disk-memory", "the same when all was asked for", "MB", asked, against, [bar], 1.0,
             f"at most {max(peaks):.1f} MB meanwhile"),
    ]


def ask_for_everything(bench, ours, store, chance):
    """Of every stream: what was on air, listeners all over its window, and downloads of an hour."""
    joins = 5 if bench.quick else 20
    octets = {"archive": 0, "joins": 0, "downloads": 0}
    for name in store.names():
        octets["archive"] += len(ours.get(f"/{name}/archive.json"))
        newest, oldest = store.offsets()
        paths = [f"/{name}?offset={chance.randint(newest, oldest - 60)}" for _ in range(joins)]
        # Every other one with metadata: its audio passes through memory.
        with ThreadPoolExecutor(joins) as pool:
            octets["joins"] += sum(pool.map(lambda item: join(ours.port, item[1], item[0] % 2), enumerate(paths)))
        octets["downloads"] += hour_of(ours, name, store, chance)
    return {**octets, "streams": len(store.names()), "joins_each": joins}


def join(port, path, icy):
    with Exchange(port, path, {"Icy-MetaData": "1"} if icy else {}, RAW) as exchange:
        return exchange.discard(JOIN_BYTES)


def hour_of(ours, name, store, chance):
    begin, end = audible(ours, name)
    start = begin + chance.random() * max(0, end - begin - 3600)
    return fetch_span(ours.port, name, start, min(end, start + 3600))


def audible(ours, name):
    """Begin and end of the audio that was filled in, seconds since 1970."""
    span = ours.archive(name)["ranges"][0]
    return [parse_time(span[key]).timestamp() for key in ("start", "end")]


def fetch_span(port, name, start, end, path=None):
    """Downloads a span, into a file if one is named; returns its size, which is as promised."""
    with Exchange(port, f"/{name}?from={start:.3f}&to={end:.3f}") as exchange:
        return exchange.save(path) if path else exchange.discard(exchange.length)


# Start


def start(bench, store):
    """From the start of the process to the first audio of its first listener, pages cached, after a kill, and not."""
    kinds = [("page cache warm", lambda: None), ("newest files without an index", lambda: forget_indexes(store))]
    if can_drop_page_cache():
        kinds.append(("page cache dropped", drop_page_cache))
    figures, rewound = {kind: [] for kind, _ in kinds}, {kind: [] for kind, _ in kinds}
    for number in range(bench.rounds):
        for kind, prepare in kinds:
            prepare()
            times = start_once(bench, store)
            figures[kind].append(times["live"])
            rewound[kind].append(times["rewound"])
            bench.record("disk-start", kind, number, times)
    lines = []
    for kind, _ in kinds:
        note = f"{kind}; one {store.hours // 2} h back has audio by {max(rewound[kind]):.3f} s"
        title = f"start to first audio, {title_of(store)}"
        lines.append(Line("disk-start", title, "s", figures[kind], "the bar", [1.0], 1.0, note))
    if len(kinds) == 2:
        lines.append(Line("disk-start", "the same, page cache dropped", skipped="that takes root"))
    return lines


def start_once(bench, store):
    began = time.monotonic()
    with serve(bench, store) as ours:
        ready = time.monotonic() - began
        paths = {"live": f"/{store.names()[0]}", "rewound": f"/{store.names()[-1]}?offset={store.hours * 1800}"}
        times = {"ready": round(ready, 4)}
        for kind, path in paths.items():
            with Exchange(ours.port, path, {}, RAW) as exchange:
                exchange.discard(1)
                times[kind] = round(time.monotonic() - began, 4)
    return times


def forget_indexes(store):
    """Leaves what a kill leaves: the newest log of each stream, an hour of audio, was never closed; it is cached."""
    for name in os.listdir(store.directory):
        directory = os.path.join(store.directory, name)
        logs = [file for file in os.listdir(directory) if file.endswith(".log")]
        logs.sort(key=lambda log: int(log[:-4]))
        sizes = {log: os.path.getsize(os.path.join(directory, log)) for log in logs}
        whole = max(place for place, log in enumerate(logs) if sizes[log] > 0.9 * max(sizes.values()))
        for log in logs[whole:]:
            index = os.path.join(directory, log[:-3] + "idx")
            if os.path.exists(index):
                os.remove(index)
            with open(os.path.join(directory, log), "rb") as file:
                while file.read(1 << 20):
                    continue


# Downloads


def download(bench, store):
    """A download of all of a stream's audio, beside nginx with the same bytes in a file."""
    mine, theirs, growths = [], [], []
    with serve(bench, store) as ours, Nginx(bench) as nginx, on_cores(bench.load_cores):
        begin, end = audible(ours, "s01")
        fetch_span(ours.port, "s01", begin, begin + 60)
        resting = ours.memory()[0]
        size = fetch_span(ours.port, "s01", begin, end, os.path.join(nginx.root, "download"))
        for number in range(bench.rounds):
            with peak_memory(ours) as peak:
                mine.append(rate(ours, size, lambda: fetch_span(ours.port, "s01", begin, end)))
            growths.append((peak["resident"] - resting) / MB)
            theirs.append(rate(nginx, size, lambda: fetch_file(nginx.port, "/download")))
            figures = {"octets": size, "ours_mb_per_cpu_second": round(mine[-1]), "nginx": round(theirs[-1]),
                       "grown_mb": round(growths[-1], 2)}
            bench.record("download", "ours and nginx", number, figures)
        os.remove(os.path.join(nginx.root, "download"))
    hours = (end - begin) / 3600
    return [
        Line("download", f"MB a CPU second, {hours:.1f} h by ?from&to", "MB", mine, "nginx", theirs, None,
             f"{size} B; more is better"),
        Line("download", "growth of VmRSS meanwhile", "MB", growths, "the bar", [4.0], 1.0),
    ]


def rate(server, size, action):
    before = server.cpu_seconds()
    action()
    # A tenth of a second: what is still to be closed belongs to it, and a tick is 10 ms.
    time.sleep(0.1)
    return size / MB / max(0.01, server.cpu_seconds() - before)


def fetch_file(port, path):
    with Exchange(port, path) as exchange:
        return exchange.discard(exchange.length)


# What the rows share


def serve(bench, store):
    """A server on a store, with a minute in memory at most."""
    return StreamMachine(bench, store.settings(), store={"dir": store.directory, "hot_seconds": 60})


@contextmanager
def on_cores(cores):
    """Pins this process: here it is the client."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextmanager
def peak_memory(server: Process):
    """Watches a server's memory, and tells the most it was."""
    peak = dict(zip(("resident", "anonymous"), server.memory()))
    is_over = threading.Event()

    def watch():
        while not is_over.wait(0.02):
            resident, anonymous = server.memory()
            peak["resident"] = max(peak["resident"], resident)
            peak["anonymous"] = max(peak["anonymous"], anonymous)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield peak
    finally:
        is_over.set()
        thread.join()

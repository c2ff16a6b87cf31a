# requesting.py: CPU per request of playlists and segments, beside nginx serving the same bytes as files.

import time
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Callable

from .measuring import measure, start_sources
from .process import Failure, Generator
from .report import Line
from .servers import HOST, Nginx, StreamMachine, fetch

SEGMENT_SIZE = 92160   # 5.76 s at 128 kbit/s
PLAYLIST_SIZE = 1000


@dataclass
class Item:
    """What is asked for. The path is looked up anew each round: the window moves."""

    row: str
    measure: str
    path: Callable[[StreamMachine], str]
    gzip: bool = False
    bar: float = None


def newest_of(playlist, kind):
    """Looks up the newest segment (0) or part (1) that a playlist lists."""

    def look_up(ours):
        uris = ours.entries(playlist)[kind]
        if not uris:
            raise Failure(f"{playlist} lists none")
        return uris[-1]

    return look_up


ITEMS = [
    Item("playlist", "CPU a playlist request, plain", lambda _: "/test.m3u8", bar=1.0),
    Item("playlist", "CPU a playlist request, gzip", lambda _: "/test.m3u8", gzip=True, bar=1.0),
    Item("segment", "CPU a segment request, packed", newest_of("/test/packed/live.m3u8", 0), bar=1.25),
    Item("segment", "CPU a segment request, default container", newest_of("/test.m3u8", 0)),
    Item("segment", "CPU a part request, default container", newest_of("/test.m3u8", 1)),
]


def requests(bench, wanted):
    """CPU per request, ours and nginx in turns, each item on its own."""
    with ExitStack() as stack:
        nginx = stack.enter_context(Nginx(bench))
        ours = None
        if not bench.peers_only:
            ours = stack.enter_context(StreamMachine(bench))
            stack.enter_context(start_sources(bench, ours.source_port, "/test"))
            time.sleep(25)  # four segments of real audio
        lines = []
        for item in (item for item in ITEMS if item.row in wanted):
            try:
                lines.append(request_line(bench, ours, nginx, item))
            except Failure as failure:
                lines.append(Line(item.row, item.measure, bar=item.bar, skipped=str(failure)))
        return lines


def request_line(bench, ours, nginx, item):
    ours_figures, nginx_figures, sizes = [], [], set()
    for number in range(bench.rounds if item.bar else bench.long_rounds):
        path, size = copy_to(nginx, ours, item)
        sizes.add(size)
        nginx_figures.append(request_round(bench, nginx, "/copy", item, number))
        if ours:
            ours_figures.append(request_round(bench, ours, path, item, number))
    note = f"{min(sizes)} B" if len(sizes) == 1 else f"{min(sizes)}-{max(sizes)} B"
    return Line(item.row, item.measure, "us", ours_figures, "nginx", nginx_figures, item.bar, note)


def copy_to(nginx, ours, item):
    """Gives nginx our bytes as they are on the wire (gzip_static sends `copy.gz`); returns path and size."""
    if ours is None:
        path, body = None, b"#" * (PLAYLIST_SIZE if item.row == "playlist" else SEGMENT_SIZE)
    else:
        path = item.path(ours)
        body = fetch(ours.port, path, item.gzip)
    nginx.put("copy", body)
    nginx.put("copy.gz", body)
    return path, len(body)


def request_round(bench, server, path, item, number):
    command = [bench.tool("requests"), HOST, str(server.port), path] + (["--gzip"] if item.gzip else [])
    generator = Generator("requests", command, bench.load_cores, bench.scratch).wait_until_ready(20)
    time.sleep(0.3)
    report = measure(generator, server, 1 if bench.quick else 3)
    if report["requests"] == 0:
        raise Failure(f"{server.name} answered nothing")
    bench.record(item.measure, server.name, number, report)
    return report["server_cpu"] * 1e6 / report["requests"]

# holding.py: what holding many listeners does: memory of each, delay of a frame, spread of a part.

import statistics
import time

from .measuring import BURST, BURST_SECONDS, PART, measure, start_listeners, start_sources
from .process import Failure
from .report import Line
from .servers import SendLoop, StreamMachine


def memory(bench, _):
    """The slope of resident memory from a fifth of the listeners to all, on a fresh server each round."""
    slopes, anonymous = [], []
    few, many = bench.listeners // 5, bench.listeners
    for number in range(bench.long_rounds):
        with StreamMachine(bench) as ours, start_sources(bench, ours.source_port, "/test"):
            time.sleep(BURST_SECONDS)
            with start_listeners(bench, ours, few, *BURST):
                before = ours.memory()
                with start_listeners(bench, ours, many - few, *BURST):
                    after = ours.memory()
        slopes.append((after[0] - before[0]) / (many - few) / 1024)
        anonymous.append((after[1] - before[1]) / (many - few) / 1024)
        bench.record("memory", "ours", number, {"rss": [before[0], after[0]], "anon": [before[1], after[1]]})
    title = f"memory a listener, slope of VmRSS from {few} to {many}"
    note = f"RssAnon {statistics.median(anonymous):.2f} KB"
    return [Line("memory", title, "KB", slopes, "the bar", [6.0], 1.0, note)]


def latency(bench, _):
    """From a frame's sending to its receipt by 100 raw listeners; every frame has to keep the bar."""
    medians, nearly, worst = [], [], []
    with StreamMachine(bench) as ours, start_sources(bench, ours.source_port, "/test"):
        time.sleep(BURST_SECONDS)
        for number in range(bench.long_rounds):
            generator = start_listeners(bench, ours, 100, "--peek", 65536)
            report = measure(generator, ours, 6 if bench.quick else 20)
            if report["stamps"] == 0:
                raise Failure("no frame that was sent has arrived")
            for values, value in zip((medians, nearly, worst), report["latency_ms"]):
                values.append(value)
            bench.record("latency", "ours", number, report)
    note = f"p50 {statistics.median(medians):.0f} ms, p95 {statistics.median(nearly):.0f} ms"
    title = "source byte in to listener byte out, 100 listeners, max"
    return [Line("latency", title, "ms", worst, "a part + 50 ms", [PART * 1000 + 50], 1.0, note)]


def wake(bench, _):
    """From the first to the last of 10,000 listeners that receive the same part."""
    count = 2 * bench.listeners
    spreads, typical, missed = [], [], 0
    with SendLoop(bench) as loop:
        report = measure(start_listeners(bench, loop, count, "--peek", 1024), loop, 10 * PART)
        bench.record("wake", "C send loop", 0, report)
        note = f"C send loop {report['spread_ms'][1]:.0f} ms"
    with StreamMachine(bench) as ours, start_sources(bench, ours.source_port, "/test"):
        time.sleep(BURST_SECONDS)
        for number in range(bench.long_rounds):
            generator = start_listeners(bench, ours, count, "--peek", 1024)
            report = measure(generator, ours, 15 * PART)
            bench.record("wake", "ours", number, report)
            if report["parts"] == 0:
                raise Failure(f"no part reached all {count} listeners")
            typical.append(report["spread_ms"][0])
            spreads.append(report["spread_ms"][1])
            missed += report["parts_missed"]
    note += f"; typical part {statistics.median(typical):.0f} ms" + (f", {missed} parts missed" if missed else "")
    title = f"first to last of {count} listeners with a part, max"
    return [Line("wake", title, "ms", spreads, "the bar", [250.0], 1.0, note)]

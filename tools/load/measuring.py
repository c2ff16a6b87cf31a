# measuring.py: sources and listeners as the rows start them, and one measurement of a server under load.

import time

from .process import Generator
from .servers import HOST, PASSWORD

PART = 0.96
BYTES_A_SECOND = 16000  # of audio at 128 kbit/s: so much delivered is one listener-second
BURST_SECONDS = 12      # a source is this old when listeners come: there is a whole burst to send
BURST = ("--burst", BYTES_A_SECOND * 8)


def start_sources(bench, port, mount, *arguments):
    """Starts Icecast sources, stamped CBR MP3, and waits until the server has accepted them."""
    command = [bench.tool("sources"), HOST, str(port), mount, "--password", PASSWORD, *map(str, arguments)]
    return Generator("sources", command, bench.load_cores, bench.scratch).wait_until_ready()


def start_listeners(bench, server, count, *arguments, path=None):
    """Starts listeners and waits until every one has its head and its burst, and two seconds more."""
    command = [bench.tool("listeners"), HOST, str(server.port), path or server.path, "--count", str(count)]
    command += map(str, arguments)
    return Generator("listeners", command, bench.load_cores, bench.scratch).wait_until_ready()


def measure(generator, server, seconds):
    """Runs the generator for a window; returns its report and the CPU seconds of server and generator."""
    with generator:
        server_before, load_before = server.cpu_seconds(), generator.cpu_seconds()
        generator.start()
        time.sleep(seconds)
        server_cpu, load_cpu = server.cpu_seconds() - server_before, generator.cpu_seconds() - load_before
        report = generator.finish()
    report["server_cpu"], report["load_cpu"] = round(server_cpu, 3), round(load_cpu, 3)
    # Listeners never sleep while they measure; whether they kept up shows in the rates that they report.
    spins = "rate_min" in report
    if not spins and load_cpu > 0.9 * seconds and server_cpu < 0.8 * seconds:
        report["warning"] = "the load generator was the bottleneck"
    return report

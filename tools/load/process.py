# process.py: one started process, pinned to cores: its lines, its CPU time, its memory and its end.

import json
import os
import selectors
import signal
import subprocess
import time

TICKS = os.sysconf("SC_CLK_TCK")


class Failure(Exception):
    """A sentence that says why a row cannot be measured."""


class Process:
    """A child of ours, in a session of its own so that Ctrl-C reaches it through `stop` and in order."""

    running = []

    def __init__(self, name, arguments, cores, scratch):
        self.name = name
        self.buffer = b""
        self.log_path = os.path.join(scratch, f"{name}.log")
        log = open(self.log_path, "wb")
        try:
            self.child = subprocess.Popen(
                arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, start_new_session=True,
                preexec_fn=lambda: os.sched_setaffinity(0, cores))
        except OSError as error:
            raise Failure(f"{name} does not start: {error.strerror}") from None
        finally:
            log.close()
        self.pid = self.child.pid
        Process.running.append(self)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def read_line(self, timeout):
        """Returns the next line of standard output without its end."""
        deadline = time.monotonic() + timeout
        with selectors.DefaultSelector() as selector:
            selector.register(self.child.stdout, selectors.EVENT_READ)
            while b"\n" not in self.buffer:
                left = deadline - time.monotonic()
                if left <= 0 or not selector.select(left):
                    raise Failure(f"{self.name} said nothing for {timeout:.0f} s{self.last_words()}")
                chunk = os.read(self.child.stdout.fileno(), 65536)
                if not chunk:
                    raise Failure(f"{self.name} ended{self.last_words()}")
                self.buffer += chunk
        line, _, self.buffer = self.buffer.partition(b"\n")
        return line.decode(errors="replace")

    def last_words(self):
        """The last line that the process wrote to standard error, as the end of a sentence."""
        with open(self.log_path, "rb") as log:
            lines = log.read()[-4096:].decode(errors="replace").split("\n")
        words = [line.strip() for line in lines if line.strip()]
        return f": {words[-1][:200]}" if words else ""

    def check_alive(self):
        if self.child.poll() is not None:
            raise Failure(f"{self.name} ended{self.last_words()}")

    def pids(self):
        """The process and its children: nginx serves from a worker."""
        found = [self.pid]
        for entry in os.listdir("/proc"):
            if entry.isdigit() and parent_of(entry) == self.pid:
                found.append(int(entry))
        return found

    def cpu_seconds(self):
        """User and system time of all threads, from /proc/PID/stat; dead threads are counted there too."""
        self.check_alive()
        return sum(cpu_ticks(pid) for pid in self.pids()) / TICKS

    def memory(self):
        """VmRSS and RssAnon in bytes."""
        self.check_alive()
        with open(f"/proc/{self.pid}/status") as status:
            fields = dict(line.split(":", 1) for line in status if ":" in line)
        return tuple(int(fields[key].split()[0]) * 1024 for key in ("VmRSS", "RssAnon"))

    def stop(self):
        """Asks the process to end, and ends it after 5 s."""
        if self not in Process.running:
            return
        Process.running.remove(self)
        for number in (signal.SIGTERM, signal.SIGKILL):
            if self.child.poll() is None:
                self.child.send_signal(number)
            try:
                self.child.wait(timeout=5)
                break
            except subprocess.TimeoutExpired:
                continue
        self.child.stdin.close()
        self.child.stdout.close()

    @classmethod
    def stop_all(cls):
        for process in reversed(list(cls.running)):
            process.stop()


class Generator(Process):
    """A load generator: says READY, then measures between `start` and `finish`."""

    def wait_until_ready(self, timeout=120):
        try:
            while self.read_line(timeout) != "READY":
                continue
            return self
        except Failure:
            self.stop()
            raise

    def start(self):
        self.say("start")
        while self.read_line(10) != "STARTED":
            continue

    def finish(self):
        """Ends the measurement and the generator; returns what it counted."""
        self.say("stop")
        report = json.loads(self.read_line(60))
        self.child.wait(timeout=10)
        self.stop()
        return report

    def say(self, word):
        self.check_alive()
        self.child.stdin.write(word.encode() + b"\n")
        self.child.stdin.flush()


def stat_fields(pid):
    """The fields of /proc/PID/stat after the command, which may hold anything."""
    with open(f"/proc/{pid}/stat") as stat:
        return stat.read().rpartition(")")[2].split()


def parent_of(pid):
    try:
        return int(stat_fields(pid)[1])
    except (OSError, IndexError):
        return None


def cpu_ticks(pid):
    try:
        fields = stat_fields(pid)
    except OSError:
        return 0
    return int(fields[11]) + int(fields[12])

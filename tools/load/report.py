# report.py: the table's lines, their verdicts, and the measurement file of a run.

import datetime
import os
import platform
import statistics
import subprocess
from dataclasses import dataclass, field


@dataclass
class Line:
    """One ratio: our rounds against a peer's rounds, or against a bar that is a figure of its own."""

    row: str
    measure: str
    unit: str = ""
    ours: list = field(default_factory=list)
    against: str = ""
    theirs: list = field(default_factory=list)
    bar: float = None
    note: str = ""
    skipped: str = ""

    def ratio(self):
        if not self.ours or not self.theirs or statistics.median(self.theirs) == 0:
            return None
        return statistics.median(self.ours) / statistics.median(self.theirs)

    def verdict(self):
        if self.skipped:
            return f"skipped: {self.skipped}"
        if self.ratio() is None:
            return "peer only"
        if self.bar is None:
            return "reported"
        return "PASS" if self.ratio() <= self.bar else "MISS"

    def cells(self):
        ratio = self.ratio()
        return [
            self.row, self.measure, figure(self.ours, self.unit), self.against, figure(self.theirs, self.unit),
            "-" if ratio is None else f"{ratio:.3f}", "-" if self.bar is None else f"<= {self.bar:.2f}",
            self.verdict(), self.note,
        ]


HEADINGS = ["row", "measure", "ours", "against", "theirs", "ratio", "bar", "verdict", "note"]


def figure(values, unit):
    """The median, and the range of the rounds where there is one."""
    if not values:
        return "-"
    text = f"{statistics.median(values):.4g} {unit}"
    if len(values) > 1:
        text += f" ({min(values):.4g}-{max(values):.4g})"
    return text


def table(lines):
    """A Markdown table that reads as plain text too."""
    rows = [HEADINGS] + [line.cells() for line in lines]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    rows.insert(1, ["-" * width for width in widths])
    return "\n".join(
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |" for row in rows)


def commit(root):
    """The commit that is measured, marked when the sources on disk differ from it."""
    git = ["git", "--no-optional-locks", "-C", root]
    head = subprocess.run([*git, "rev-parse", "--short=12", "HEAD"], capture_output=True, text=True, check=False)
    if head.returncode != 0:
        return "uncommitted"
    changes = subprocess.run(
        [*git, "status", "--porcelain", "--", "Sources", "Package.swift", "tools"],
        capture_output=True, text=True, check=False)
    return head.stdout.strip() + ("-dirty" if changes.stdout.strip() else "")


def machine():
    """The machine by what matters to the figures."""
    model = first_value("/proc/cpuinfo", "model name") or platform.machine()
    memory = int((first_value("/proc/meminfo", "MemTotal") or "0").split()[0]) // 1024
    return f"{os.cpu_count()} x {model}, {memory} MiB, Linux {platform.release()}"


def first_value(path, key):
    with open(path) as lines:
        for line in lines:
            name, _, value = line.partition(":")
            if name.strip() == key:
                return value.strip()
    return None


def write(directory, root, settings, lines, rounds):
    """Writes docs/measurements/<UTC>-<commit>.md and returns its path."""
    now = datetime.datetime.now(datetime.timezone.utc)
    name = commit(root)
    path = os.path.join(directory, f"{now:%Y-%m-%dT%H%M%SZ}-{name}.md")
    os.makedirs(directory, exist_ok=True)
    with open(path, "w") as file:
        file.write(f"# tools/bench, {now:%Y-%m-%d %H:%M} UTC, commit {name}\n\n")
        file.write(f"Machine: {machine()}. {settings}\n\n{table(lines)}\n\n## Rounds\n\n```\n")
        file.write("".join(f"{line}\n" for line in rounds))
        file.write("```\n")
    return path

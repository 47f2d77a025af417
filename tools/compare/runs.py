"""Programs run in turn for a measurement: what they print, how far rounds differ, whether the
machine is quiet. For the scripts beside it."""
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

MOST_BUSY = 0.05  # of all processors' time, taken by others


class Failed(Exception):
    """A program did not end well; its last line says why."""


def run_json(command, **options):
    """What a command prints, as JSON; it may be the last of several lines."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, **options)
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise Failed(f"{command[0]}: {lines[-1]}")
    text = done.stdout.strip()
    return json.loads(text if text.startswith("{\n") else text.splitlines()[-1])


def median_and_noise(numbers):
    """The median, and the distance of the extremes as a share of it."""
    middle = statistics.median(numbers)
    return middle, (max(numbers) - min(numbers)) / middle


def busy_share(before, after):
    """The share of processor time that was not idle between two states of /proc/stat's first
    line."""
    fields = [[int(word) for word in line.split()[1:9]] for line in (before, after)]
    spent = [late - early for early, late in zip(*fields)]
    idle = spent[3] + spent[4]  # idle, and waiting for a disk
    return 1 - idle / sum(spent) if sum(spent) > 0 else 0.0


def machine_busy(seconds=1.0):
    """How busy the machine is while this process sleeps; 0 where the system does not say."""
    stat = pathlib.Path("/proc/stat")
    if not stat.exists():
        return 0.0
    before = stat.read_text().splitlines()[0]
    time.sleep(seconds)
    return busy_share(before, stat.read_text().splitlines()[0])


def require_quiet(even_if_busy):
    """Ends the program where others use the processors, unless that is allowed."""
    busy = machine_busy()
    if busy <= MOST_BUSY:
        return
    message = f"{busy:.0%} of this machine's processor time is taken by others (at most " \
              f"{MOST_BUSY:.0%} is right for a measurement)"
    if not even_if_busy:
        sys.exit(f"{sys.argv[0]}: {message}; close them, or give --even-if-busy")
    print(f"warning: {message}: figures are worthless", file=sys.stderr)


class Progress:
    """One line on stderr: what runs, how much is done, how long the rest may take."""

    def __init__(self, total):
        self.total, self.done, self.begin = total, 0, time.monotonic()
        self.busiest = 0.0  # share, before any of the runs

    def run(self, what, function, weight=1):
        left = ""
        if self.done:
            seconds = (time.monotonic() - self.begin) / self.done * (self.total - self.done)
            left = f", about {seconds / 60:.0f} min left"
        print(f"[{self.done}/{self.total}{left}] {what}", file=sys.stderr, flush=True)
        self.busiest = max(self.busiest, machine_busy(0.3))
        try:
            return function()
        finally:
            self.done += weight


def markdown(head, rows):
    """A table of texts."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def write_text(path, text):
    """Whole or not at all."""
    beside = pathlib.Path(f"{path}.part")
    beside.write_text(text, encoding="utf-8")
    os.replace(beside, path)


def write_json(path, value):
    write_text(path, json.dumps(value, indent=2) + "\n")

#!/usr/bin/env python3
"""How long `auxtrain train` takes from its start to its first step, and where that time goes.

    python3 tools/compare/start_up.py --auxtrain build/release/auxtrain --data DIR
        [--recipe cifar10-resnet18-auxiliary] [--threads 2] [--rounds 5] [--json FILE]

The run folder tells: recipe.json is written once the data set is read and the program recorded,
planned and given its memory, checkpoint.safetensors right before the first batch is awaited (what
that takes is "a batch alone" of auxtrain-bench's loader rows). The run is killed then. Medians of
the rounds; the first round, which may have to read files from the disk, is shown by itself.
"""
import argparse
import pathlib
import subprocess
import sys
import tempfile
import time

import runs

FILES = {"data set, program, memory": "recipe.json", "first checkpoint": "checkpoint.safetensors"}


def phases_of(begin, written):
    """Seconds by phase, in order, from the times at which FILES were written."""
    phases = {}
    for name, file in FILES.items():
        phases[name] = written[file] - begin
        begin = written[file]
    return phases


def start_once(a):
    with tempfile.TemporaryDirectory() as folder:
        run = pathlib.Path(folder) / "run"
        begin = time.time()
        child = subprocess.Popen([a.auxtrain, "train", a.recipe, "--data", a.data, "--output", run,
                                  "--threads", str(a.threads), "--quiet"],
                                 stdout=subprocess.DEVNULL)
        try:
            while not (run / "checkpoint.safetensors").exists():
                if child.poll() is not None:
                    sys.exit("start_up.py: auxtrain ended before its first step")
                time.sleep(0.002)
        finally:
            child.kill()
            child.wait()
        return phases_of(begin, {file: (run / file).stat().st_mtime for file in FILES.values()})


def table(rounds):
    body = []
    for name in [*FILES, "start to first step"]:
        seconds = [sum(phases.values()) if name not in FILES else phases[name] for phases in rounds]
        middle, noise = runs.median_and_noise(seconds[1:] or seconds)
        body.append([name, f"{seconds[0]:.2f} s", f"{middle:.2f} s", f"{noise:.0%}"])
    return runs.markdown(["", "first", "then", "noise"], body)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--auxtrain", required=True, help="the program")
    parser.add_argument("--data", required=True, help="the folder of data sets")
    parser.add_argument("--recipe", default="cifar10-resnet18-auxiliary")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--even-if-busy", action="store_true", help="to try the script")
    parser.add_argument("--json")
    a = parser.parse_args()
    runs.require_quiet(a.even_if_busy)
    rounds = [start_once(a) for _ in range(a.rounds)]
    print(table(rounds), end="")
    if a.json:
        runs.write_json(a.json, rounds)


if __name__ == "__main__":
    main()

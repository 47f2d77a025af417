#!/usr/bin/env python3
"""Two threads beside a busy neighbour: are they ever slower than one?

    python3 tools/compare/busy_neighbour.py --bench build/release/auxtrain-bench
        [--pytorch PYTHON] [--models resnet18,resnet20] [--precision fp32] [--rounds 3]
        [--json FILE] [--markdown FILE]

Everything is confined to two processors. On one of them a process spins; training steps of
auxtrain, and of PyTorch where --pytorch names an interpreter that has it, run with one thread and
with two, in turn, and for comparison with both while nothing spins. Printed are view-images per
second and the ratio of two threads to one. Close everything else first.
"""
import argparse
import contextlib
import os
import subprocess
import sys

import cpu_speed
import runs


def two_processors():
    allowed = sorted(os.sched_getaffinity(0))
    if len(allowed) < 2:
        sys.exit("busy_neighbour.py: two processors are needed, this process may use one")
    return allowed[:2]


@contextlib.contextmanager
def spinning(processor):
    """A process that never sleeps, on this processor."""
    child = subprocess.Popen(
        [sys.executable, "-c", "import os; os.sched_setaffinity(0, {%d})\nwhile True: pass" %
         processor])
    try:
        yield
    finally:
        child.kill()
        child.wait()


def row_of(program, model, rates):
    """rates: {(busy, threads): rates by round}."""
    middle = {key: runs.median_and_noise(value) for key, value in rates.items()}
    named = {f"{'busy' if busy else 'quiet'}_{threads}": middle[busy, threads][0]
             for busy, threads in rates}
    return {"program": program, "model": model, **named,
            "ratio": named["busy_2"] / named["busy_1"],
            "noise": max(noise for _, noise in middle.values())}


def table(rows):
    return runs.markdown(
        ["training step", "program", "1 thread", "2 threads", "busy: 1 thread", "busy: 2 threads",
         "2 to 1 beside a busy neighbour", "noise"],
        [[row["model"], row["program"],
          *(f"{row[key]:.1f}" for key in ("quiet_1", "quiet_2", "busy_1", "busy_2")),
          f"**{row['ratio']:.2f}**", f"{row['noise']:.0%}"] for row in rows])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--bench", required=True, help="the program auxtrain-bench")
    parser.add_argument("--pytorch", help="an interpreter that has PyTorch")
    parser.add_argument("--form", default="channels_last", help="of PyTorch's step")
    parser.add_argument("--models", type=lambda text: text.split(","),
                        default=["resnet18", "resnet20"])
    parser.add_argument("--precision", default="fp32", choices=["fp32", "bf16"])
    parser.add_argument("--images", type=int, help="per view")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--even-if-busy", action="store_true", help="to try the script")
    parser.add_argument("--json")
    parser.add_argument("--markdown")
    a = parser.parse_args()
    runs.require_quiet(a.even_if_busy)
    pair = two_processors()
    os.sched_setaffinity(0, pair)
    programs = {"auxtrain": lambda case, images: cpu_speed.ours(a, case, images)}
    if a.pytorch:
        programs["PyTorch"] = lambda case, images: cpu_speed.pytorch(
            a, a.pytorch, case, images, a.form)["view_images_per_second"]
    settings = [(busy, threads) for busy in (False, True) for threads in (1, 2)]
    progress = runs.Progress(len(programs) * len(a.models) * a.rounds * len(settings))
    rows = []
    for model in a.models:
        images = a.images or cpu_speed.IMAGES["training"][model]
        rates = {name: {key: [] for key in settings} for name in programs}
        for _ in range(a.rounds):
            for busy, threads in settings:
                case = cpu_speed.Case("training", model, a.precision, threads)
                for name, measure in programs.items():
                    with spinning(pair[1]) if busy else contextlib.nullcontext():
                        rates[name][busy, threads].append(progress.run(
                            f"{name}: {model}, {threads} threads{', busy' if busy else ''}",
                            lambda: measure(case, images)))
        rows += [row_of(name, model, rates[name]) for name in programs]
        if a.json:
            runs.write_json(a.json, rows)
    print(table(rows), end="")
    if a.markdown:
        runs.write_text(a.markdown, table(rows))


if __name__ == "__main__":
    main()

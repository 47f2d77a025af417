#!/usr/bin/env python3
"""Tables and the figure of docs/reproduction.md, from the runs that effect.py keeps.

    python3 tools/reproduce/report.py [docs/results] [--figure docs/effect.svg] [--page docs/reproduction.md]

Errors are shares of 100 images, on clean ones and as means over the 19 corruptions of CIFAR-C in
five severities; "near" are those like what was trained with, "unseen" the others
(docs/corruptions.md). CE is the mean over corruptions of errors over those of the run "alexnet".
The interval is Wilson's for 95% and 10,000 images: what other test images would change; what
another seed would, the runs called "seed2" show. Minutes are those of the fastest epoch times the
epochs: what neighbours and pauses cost in the others does not count. Runs that are not there yet
are left out.

--page puts each table where the page has the line <!-- table: its name -->, in place of the one
that stands under it.
"""
import argparse
import json
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "compare"))
import charts  # noqa: E402
from runs import write_text  # noqa: E402
from effect import RUNS  # noqa: E402
from tables import SHOWN, TABLES, interval, method_of  # noqa: E402

COLOURS = dict(zip(("standard", "data_augmentation", "auxiliary"), charts.COLOURS))


def read(folder):
    """{run: what evaluate wrote of it}, with its log and recipe, in the order of effect.py."""
    runs = {}
    order = [run.name for run in RUNS]
    files = [file for file in folder.glob("*/evaluation.json") if file.parent.name in order]
    for file in sorted(files, key=lambda file: order.index(file.parent.name)):
        run = json.loads(file.read_text(encoding="utf-8"))
        lines = (file.parent / "log.jsonl").read_text(encoding="utf-8").splitlines()
        run["log"] = [json.loads(line) for line in lines]
        run["recipe"] = json.loads((file.parent / "recipe.json").read_text(encoding="utf-8"))
        runs[file.parent.name] = run
    return runs


def panel(title, bars, images, left, width):
    """bars: [(name, share, colour)], to one scale from 0, with a line over each interval."""
    top, step, most = 66, 30, max(share for _, share, _ in bars) * 1.25
    parts = [charts.label(left, top - 12, title, bold=True)]
    for index, (name, share, colour) in enumerate(bars):
        y = top + step * index
        low, high = (left + end / most * width for end in interval(share, images))
        parts += [charts.label(left - 8, y + 15, name, "end"),
                  f'<rect x="{left}" y="{y}" width="{share / most * width:.1f}" height="{step - 8}" '
                  f'fill="{colour}"/>',
                  f'<path d="M{low:.1f} {y + 11}H{high:.1f}" stroke="black"/>',
                  charts.label(high + 6, y + 15, f"{100 * share:.1f}%")]
    return parts


def draw(runs, file):
    some = {label: runs[name] for name, label in SHOWN.items() if name in runs}
    if not some:
        sys.exit(f"--figure: expected one of {', '.join(SHOWN)} among the runs, found none")
    first = next(iter(some.values()))
    images, parts = first["images"], []
    for left, title, share in ((150, "error on clean images", lambda run: run["clean"]["top1_error"]),
                               (590, "on corrupted images", lambda run: run["mean_error_19"])):
        bars = [(label, share(run), COLOURS[method_of(run)]) for label, run in some.items()]
        parts += panel(title, bars, images, left, 280)
    parts.append(charts.label(10, 24, f"{first['model']} on {first['dataset']}, "
                                      f"{first['training']['epochs']} epochs", bold=True))
    write_text(file, charts.document(920, 76 + 30 * len(some), parts))


def update(page, tables):
    """The page with each table in the place that is marked for it."""
    for name, table in tables.items():
        mark = f"<!-- table: {name} -->\n"
        if mark not in page:
            raise ValueError(f"expected the line {mark.strip()}, found none")
        page = re.sub(f"{mark}(\\|.*\n)*", mark + table, page)
    return page


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=pathlib.Path, nargs="?", default="docs/results")
    parser.add_argument("--figure", type=pathlib.Path)
    parser.add_argument("--page", type=pathlib.Path)
    a = parser.parse_args()
    runs = read(a.results)
    if not runs:
        sys.exit(f"report: {a.results}: expected folders with evaluation.json, found none")
    tables = {name: table(runs) for name, table in TABLES.items()}
    if a.page:
        try:
            write_text(a.page, update(a.page.read_text(encoding="utf-8"), tables))
        except (OSError, ValueError) as problem:
            sys.exit(f"--page: {a.page}: {problem}")
    else:
        print("\n".join(tables.values()), end="")
    if a.figure:
        draw(runs, a.figure)


if __name__ == "__main__":
    main()

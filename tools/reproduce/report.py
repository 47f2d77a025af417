#!/usr/bin/env python3
"""Tables and the figure of docs/reproduction.md, from the runs that effect.py keeps.

    python3 tools/reproduce/report.py [docs/results] [--figure docs/effect.svg]

Errors are shares of 100 images, on clean ones and as means over the 19 corruptions of CIFAR-C in
five severities; "near" are those like what was trained with, "unseen" the others
(docs/corruptions.md). CE is the mean over corruptions of errors over those of the run "alexnet".
The interval is Wilson's for 95% and 10,000 images: what other test images would change; what
another seed would, the runs called "seed2" show. Minutes are those of the fastest epoch times the
epochs: what neighbours and pauses cost in the others does not count. Runs that are not there yet
are left out.
"""
import argparse
import json
import math
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "compare"))
import charts  # noqa: E402
from runs import write_text  # noqa: E402
from effect import RUNS  # noqa: E402

FIGURE = {"standard": "standard", "data-augmentation": "data augmentation", "auxiliary": "auxiliary",
          "without-selective-batch-norm": "auxiliary, joint BN",
          "without-merging": "auxiliary, unmerged", "standard-equal": "standard, 5x epochs"}


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


def interval(share, images):
    """Wilson's, for 95%, as evaluate gives it for single corruptions."""
    z = 1.96
    middle = (share + z * z / (2 * images)) / (1 + z * z / images)
    half = z * math.sqrt(share * (1 - share) / images + z * z / (4 * images * images)) / (1 + z * z / images)
    return middle - half, middle + half


def percent(share):
    return f"{100 * share:.2f}"


def with_interval(share, images):
    return f"{percent(share)} ({', '.join(percent(end) for end in interval(share, images))})"


def minutes(run):
    seconds = [line["seconds"] for line in run["log"] if line["kind"] == "epoch"]
    return min(seconds) * len(seconds) / 60


def mean_ce(errors, baseline):
    ratios = [kind["mean_error"] / baseline[name]["mean_error"]
              for name, kind in errors["corruptions"].items()]
    return sum(ratios) / len(ratios)


def table(head, rows):
    lines = [head, ["---"] * len(head), *rows]
    print("\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines), end="\n\n")


def summary(runs):
    alexnet = runs.get("alexnet", {}).get("corruptions")
    rows = []
    for name, run in runs.items():
        training, images = run["training"], run["images"]
        rows.append([f"`{name}`", training["epochs"], f"{training['view_images'] / 1e6:.2f}",
                     f"{minutes(run):.0f}",
                     with_interval(run["clean"]["top1_error"], images),
                     with_interval(run["mean_error_19"], images),
                     percent(run["mean_error_near_training"]), percent(run["mean_error_unseen"]),
                     f"{mean_ce(run, alexnet):.3f}" if alexnet and run["dataset"] == "cifar10" else ""])
    table(["run", "epochs", "view-images, millions", "minutes", "clean", "corrupted", "near",
           "unseen", "CE"], rows)


def corruptions(runs):
    names = [name for name in FIGURE if name in runs]
    kinds = runs[names[0]]["corruptions"] if names else {}
    table(["error", *names], [[f"`{kind}`", *(percent(runs[name]["corruptions"][kind]["mean_error"])
                                              for name in names)] for kind in kinds])


def heads(runs):
    rows = []
    for name, run in runs.items():
        for head in [{"view": "primary", **run}, *run["heads"]] if "heads" in run else []:
            rows.append([f"`{name}`", head["view"], percent(head["clean"]["top1_error"]),
                         percent(head["mean_error_19"]), percent(head["mean_error_near_training"]),
                         percent(head["mean_error_unseen"])])
    table(["run", "classifier", "clean", "corrupted", "near", "unseen"], rows)


def distances(runs):
    """Largest relative distance of a head from the primary classifier, before stage 2 and in it."""
    rows = []
    for name, run in runs.items():
        first = run["recipe"]["method"]["stage2_epoch"]  # epochs that are over when it begins
        epochs = [max(line["head_distance"], default=None) for line in run["log"]
                  if line["kind"] == "epoch"]
        steps = [max(line["head_distance"]) for line in run["log"]
                 if line["kind"] == "step" and line["epoch"] == first + 1 and line.get("head_distance")]
        if None not in epochs and len(epochs) > first > 0:
            rows.append([f"`{name}`", f"{epochs[first - 1]:.3f}",
                         ", ".join(f"{distance:.4f}" for distance in steps[:3]),
                         ", ".join(f"{distance:.4f}" for distance in epochs[first:])])
    table(["run", "before stage 2", "after 50, 100, 150 steps", "after each epoch"], rows)


def panel(title, bars, images, left, width):
    """bars: [(name, share)], to one scale from 0, with a line over each interval."""
    top, step, most = 66, 30, max(share for _, share in bars) * 1.25
    parts = [charts.label(left, top - 12, title, bold=True)]
    for index, (name, share) in enumerate(bars):
        y = top + step * index
        low, high = (left + end / most * width for end in interval(share, images))
        parts += [charts.label(left - 8, y + 15, name, "end"),
                  f'<rect x="{left}" y="{y}" width="{share / most * width:.1f}" height="{step - 8}" '
                  f'fill="{charts.COLOURS[index]}"/>',
                  f'<path d="M{low:.1f} {y + 11}H{high:.1f}" stroke="black"/>',
                  charts.label(high + 6, y + 15, f"{100 * share:.1f}%")]
    return parts


def draw(runs, file):
    some = {label: runs[name] for name, label in FIGURE.items() if name in runs}
    if not some:
        sys.exit(f"--figure: expected one of {', '.join(FIGURE)} among the runs, found none")
    first = next(iter(some.values()))
    images, parts = first["images"], []
    for left, title, share in ((150, "error on clean images", lambda run: run["clean"]["top1_error"]),
                               (590, "on corrupted images", lambda run: run["mean_error_19"])):
        bars = [(label, share(run)) for label, run in some.items()]
        parts += panel(title, bars, images, left, 280)
    parts.append(charts.label(10, 24, f"{first['model']} on {first['dataset']}, "
                                      f"{first['training']['epochs']} epochs", bold=True))
    write_text(file, charts.document(920, 76 + 30 * len(some), parts))


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=pathlib.Path, nargs="?", default="docs/results")
    parser.add_argument("--figure", type=pathlib.Path)
    a = parser.parse_args()
    runs = read(a.results)
    if not runs:
        sys.exit(f"report: {a.results}: expected folders with evaluation.json, found none")
    for part in (summary, corruptions, heads, distances):
        part(runs)
    if a.figure:
        draw(runs, a.figure)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Speed and memory of a training step over batch sizes, threads and precisions.

    python3 tools/compare/scaling.py --bench build/release/auxtrain-bench
        [--models resnet18,resnet20] [--images 8,16,32,64,128,256,512] [--threads 1,2]
        [--precisions fp32,bf16] [--json FILE] [--markdown FILE] [--svg FILE]

The batch is clean images per step, as `data.batch` in a recipe; a step trains five views of each, so
512 images are 2,560 view-images. Each step has a process of its own. The arena is what activations
and scratch memory need; the process is everything at its largest. Close everything else first.
"""
import argparse
import itertools

import charts
import cpu_speed
import runs

MIB = 1 << 20


def measure(a, model, images, precision, threads):
    case = cpu_speed.Case("training", model, precision, threads)
    step = runs.run_json([a.bench, "--json", "-", "--rows", "training", "--filter",
                          f"^{cpu_speed.step_name(case, images)}$", "--model", model,
                          "--precision", precision, "--threads", threads, "--images", images,
                          "--seconds", a.seconds])["steps"][0]
    return {"model": model, "images": images, "precision": precision, "threads": threads,
            "images_per_second": step["view_images_per_second"] / cpu_speed.VIEWS["training"],
            "view_images_per_second": step["view_images_per_second"], "noise": step["noise"],
            "arena_bytes": step["arena_bytes"], "process_bytes": step["peak_resident_bytes"]}


def table(rows):
    return runs.markdown(
        ["model", "precision", "threads", "images x 5", "images/s", "view-images/s", "noise",
         "arena MiB", "process MiB"],
        [[row["model"], row["precision"], str(row["threads"]), str(row["images"]),
          f"{row['images_per_second']:.1f}", f"{row['view_images_per_second']:.1f}",
          f"{row['noise']:.0%}", f"{row['arena_bytes'] / MIB:,.0f}",
          f"{row['process_bytes'] / MIB:,.0f}"] for row in rows])


def picture(rows):
    """Speeds of each model, then memory of all, which threads do not change."""
    panels = {}
    for row in rows:
        name = f"{row['model']} {row['precision']}"
        line = f"{name}, {row['threads']} threads"
        panels.setdefault(f"{row['model']}: view-images/s", {}).setdefault(line, []).append(
            (row["images"], row["view_images_per_second"]))
    most = max(row["threads"] for row in rows)
    for row in rows:
        if row["threads"] == most:
            line = f"{row['model']} {row['precision']}, {row['threads']} threads"
            panels.setdefault("process, MiB", {}).setdefault(line, []).append(
                (row["images"], row["process_bytes"] / MIB))
    return charts.lines(panels, "clean images per step")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    words = lambda text: text.split(",")  # noqa: E731
    numbers = lambda text: [int(word) for word in text.split(",")]  # noqa: E731
    parser.add_argument("--bench", required=True, help="the program auxtrain-bench")
    parser.add_argument("--models", type=words, default=["resnet18", "resnet20"])
    parser.add_argument("--images", type=numbers, default=[8, 16, 32, 64, 128, 256, 512])
    parser.add_argument("--threads", type=numbers, default=[1, 2])
    parser.add_argument("--precisions", type=words, default=["fp32", "bf16"])
    parser.add_argument("--seconds", type=float, default=2, help="timed at least, and five steps")
    parser.add_argument("--even-if-busy", action="store_true", help="to try the script")
    parser.add_argument("--json")
    parser.add_argument("--markdown")
    parser.add_argument("--svg")
    a = parser.parse_args()
    runs.require_quiet(a.even_if_busy)
    settings = list(itertools.product(a.models, a.precisions, a.threads, a.images))
    progress = runs.Progress(sum(images for *_, images in settings))
    rows = []
    for model, precision, threads, images in settings:
        what = f"{model} 5x{images} {precision}, {threads} threads"
        rows.append(progress.run(
            what, lambda: measure(a, model, images, precision, threads), weight=images))
        if a.json:
            runs.write_json(a.json, rows)
    print(table(rows), end="")
    if a.markdown:
        runs.write_text(a.markdown, table(rows))
    if a.svg:
        runs.write_text(a.svg, picture(rows))


if __name__ == "__main__":
    main()

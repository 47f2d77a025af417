#!/usr/bin/env python3
"""Draws how near auxtrain-bench's calls come to the machine's ceilings.

    auxtrain-bench --json bench.json
    python3 tools/compare/ceiling_chart.py bench.json --output FOLDER [--calls 24]

One SVG for each step, of the calls that take most of it, and one for the operations by themselves.
"""
import argparse
import json
import pathlib
import re

import charts
import runs


def groups_of(result, most):
    """{title: [(name, share of the ceiling)]}."""
    groups = {}
    for row in result["calls"]:
        groups.setdefault(row["where"], []).append(row)
    pictures = {}
    for where, rows in groups.items():
        total = sum(row["count"] * row["median_seconds"] for row in rows)
        rows = sorted(rows, key=lambda row: -row["count"] * row["median_seconds"])[:most]
        pictures[where] = [
            (f"{row['kernel']} {row['shape']}, "
             f"{row['count'] * row['median_seconds'] / total:.1%} of the step",
             row["share_of_ceiling"]) for row in rows]
    for row in result["operations"]:
        pictures.setdefault(f"operations {row['type']}", []).append(
            (f"{row['kernel']}: {row['where']}", row["share_of_ceiling"]))
    return pictures


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("json", help="what auxtrain-bench --json wrote")
    parser.add_argument("--output", default=".", help="the folder for the pictures")
    parser.add_argument("--calls", type=int, default=24, help="of each step, at most")
    a = parser.parse_args()
    folder = pathlib.Path(a.output)
    folder.mkdir(parents=True, exist_ok=True)
    result = json.loads(pathlib.Path(a.json).read_text())
    for title, rows in groups_of(result, a.calls).items():
        file = folder / (re.sub(r"[^a-z0-9]+", "-", title.lower()) + ".svg")
        runs.write_text(file, charts.bars(
            f"{title}: share of the ceiling, {result['threads']} threads", rows))
        print(file)


if __name__ == "__main__":
    main()

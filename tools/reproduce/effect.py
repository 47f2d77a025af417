#!/usr/bin/env python3
"""Trains what docs/reproduction.md reports, one run after another: the method's effect on CIFAR-10.

    python3 tools/reproduce/effect.py --auxtrain build/product/auxtrain --data DIR --output DIR
        [--epochs 12] [--only REGEX] [--results docs/results] [--list]

Every run is a folder of --output. Stopped at any time, a second call goes on where the first was;
what is finished is not trained again. --results keeps of each finished run what evaluations need:
primary.safetensors, recipe.json, log.jsonl. --list says what would be trained, and trains nothing.

All have the same schedule, in epochs: the learning rate falls at 1/2, 3/4 and 11/12 of them, and
the second stage of the method begins at the last fall. Runs called "equal" see as many view-images
as the auxiliary one, which has five of each image.
"""
import argparse
import pathlib
import re
import shutil
import subprocess
import sys
from typing import NamedTuple

VIEWS = 5  # of an image, in auxiliary training
KEPT = ("primary.safetensors", "recipe.json", "log.jsonl")


class Run(NamedTuple):
    name: str
    recipe: str
    times: int = 1  # the schedule is so many times as long
    seed: int = 1
    sets: tuple = ()


AUXILIARY = "cifar10-resnet20-auxiliary"
RUNS = [
    Run("standard", "cifar10-resnet20-standard"),
    Run("data-augmentation", "cifar10-resnet20-data-augmentation"),
    Run("auxiliary", AUXILIARY),
    Run("standard-equal", "cifar10-resnet20-standard", VIEWS),
    Run("data-augmentation-equal", "cifar10-resnet20-data-augmentation", VIEWS),
    Run("standard-seed2", "cifar10-resnet20-standard", seed=2),
    Run("data-augmentation-seed2", "cifar10-resnet20-data-augmentation", seed=2),
    Run("alexnet", "cifar10-alexnet-standard"),
    Run("without-selective-batch-norm", AUXILIARY, sets=("method.selective_batch_norm=false",)),
    Run("without-distillation", AUXILIARY, sets=("method.lambda=0",)),
    Run("without-attention", AUXILIARY, sets=("method.attention=false",)),
    Run("without-merging", AUXILIARY, sets=("method.gamma=0",)),
]


def milestones(epochs):
    """1/2, 3/4 and 11/12 of the epochs, each at least one after the one before."""
    first, second = epochs // 2, epochs * 3 // 4
    return [first, max(second, first + 1), max(epochs * 11 // 12, second + 1, first + 2)]


def command(a, run):
    folder = a.output / run.name
    common = ["--data", str(a.data), "--output", str(folder)]
    if (folder / "checkpoint.safetensors").exists():
        return [str(a.auxtrain), "train", "--resume", *common]
    epochs = a.epochs * run.times
    sets = [f"schedule.milestones={milestones(epochs)}", *run.sets]
    if run.recipe == AUXILIARY:
        sets.append(f"method.stage2_epoch={milestones(epochs)[-1]}")
    return [str(a.auxtrain), "train", run.recipe, *common, "--epochs", str(epochs), "--seed",
            str(run.seed), *(word for text in sets for word in ("--set", text))]


def train(words):
    """The exit code. A terminal's Ctrl-C reaches the training too, which saves itself and ends."""
    process = subprocess.Popen(words)
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            pass


def keep(a, run):
    to = a.results / run.name
    to.mkdir(parents=True, exist_ok=True)
    for name in KEPT:
        shutil.copyfile(a.output / run.name / name, to / name)


def main(a):
    runs = [run for run in RUNS if re.search(a.only, run.name)]
    if not runs:
        sys.exit(f"--only: {a.only!r} is in none of {', '.join(run.name for run in RUNS)}")
    if a.epochs < 5:
        sys.exit(f"--epochs: expected at least 5, for three falls of the learning rate, got {a.epochs}")
    for number, run in enumerate(runs, 1):
        done = (a.output / run.name / "primary.safetensors").exists()
        words = command(a, run)
        print(f"[{number}/{len(runs)}] {run.name}: {'finished' if done else ' '.join(words)}",
              flush=True)
        if a.list:
            continue
        if not done:
            code = train(words)
            if code:
                sys.exit(code)
        if a.results:
            keep(a, run)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--auxtrain", type=pathlib.Path, required=True, help="the program")
    parser.add_argument("--data", type=pathlib.Path, required=True, help="as auxtrain's --data")
    parser.add_argument("--output", type=pathlib.Path, required=True, help="folder for the runs")
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--only", default="", metavar="REGEX", help="of names of runs")
    parser.add_argument("--results", type=pathlib.Path, help="folder that keeps what is small")
    parser.add_argument("--list", action="store_true")
    main(parser.parse_args())

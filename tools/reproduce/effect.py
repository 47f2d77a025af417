#!/usr/bin/env python3
"""Trains and evaluates what shows the method's effect, and what it is without its parts.

    python3 tools/reproduce/effect.py --auxtrain build/product/auxtrain --data DIR --output DIR
        [--frost DIR] [--epochs 12] [--only REGEX] [--results docs/results] [--list]

Every run is a folder of --output, trained and then evaluated on all corruptions of CIFAR-C, one run
after another. Stopped at any time, a second call goes on where the first was; what is finished is
not done again. --results keeps of each run what later evaluations and report.py need. --list says
what would be done, and does nothing.

All have the same schedule, in epochs: the learning rate falls at 1/2, 3/4 and 11/12 of them. The
second stage of the method begins at the second fall, in "merging-early" at the first: at the rate
after the third, the classifiers would need five epochs to merge, which only long schedules have.
Runs called "equal" see as many view-images as the auxiliary one, which has five of each image.
"""
import argparse
import json
import pathlib
import re
import shutil
import subprocess
import sys
from typing import NamedTuple

VIEWS = 5  # of an image, in auxiliary training
KEPT = ("primary.safetensors", "recipe.json", "environment.json", "log.jsonl", "evaluation.json")


class Run(NamedTuple):
    name: str
    recipe: str
    times: int = 1  # the schedule is so many times as long
    seed: int = 1
    sets: tuple = ()
    schedule: tuple = ()  # epochs and milestones, where they are not those of all
    stage2: int = 1  # the fall of the rate at which it begins, counted from 0


STANDARD, AUGMENTED, AUXILIARY = (f"cifar10-resnet20-{method}"
                                  for method in ("standard", "data-augmentation", "auxiliary"))
NARROW = ("model.width=16",)  # about the cost of a ResNet-20
JOINT, UNMERGED = ("method.selective_batch_norm=false",), ("method.gamma=0",)
RUNS = [
    # docs/reproduction.md compares the two with a run of an independent program.
    Run("standard-6-epochs", STANDARD, seed=0, schedule=(6, [4, 5])),
    Run("standard-6-epochs-seed1", STANDARD, schedule=(6, [4, 5])),
    Run("standard", STANDARD),
    Run("data-augmentation", AUGMENTED),
    Run("auxiliary", AUXILIARY),
    Run("standard-seed2", STANDARD, seed=2),
    Run("data-augmentation-seed2", AUGMENTED, seed=2),
    Run("alexnet", "cifar10-alexnet-standard"),
    Run("standard-equal", STANDARD, VIEWS),
    Run("data-augmentation-equal", AUGMENTED, VIEWS),
    Run("cifar100-standard", "cifar100-resnet18-standard", sets=NARROW),
    Run("cifar100-auxiliary", "cifar100-resnet18-auxiliary", sets=NARROW),
    Run("without-selective-batch-norm", AUXILIARY, sets=JOINT),
    Run("without-distillation", AUXILIARY, sets=("method.lambda=0",)),
    Run("without-attention", AUXILIARY, sets=("method.attention=false",)),
    Run("without-merging", AUXILIARY, sets=UNMERGED),
    Run("auxiliary-seed2", AUXILIARY, seed=2),
    # The parts whose absence changes most, again, together, and other ways of merging.
    Run("without-selective-batch-norm-seed2", AUXILIARY, seed=2, sets=JOINT),
    Run("without-merging-seed2", AUXILIARY, seed=2, sets=UNMERGED),
    Run("without-both", AUXILIARY, sets=JOINT + UNMERGED),
    Run("merging-early", AUXILIARY, stage2=0),
    Run("merging-to-primary", AUXILIARY, sets=("method.merging=primary",)),
    Run("cifar100-without-selective-batch-norm", "cifar100-resnet18-auxiliary", sets=NARROW + JOINT),
    Run("cifar100-without-merging", "cifar100-resnet18-auxiliary", sets=NARROW + UNMERGED),
]


def milestones(epochs):
    """1/2, 3/4 and 11/12 of the epochs, each at least one after the one before."""
    first, second = epochs // 2, epochs * 3 // 4
    return [first, max(second, first + 1), max(epochs * 11 // 12, second + 1, first + 2)]


def require_epochs(folder, epochs):
    """Ends the program where a run was begun with another --epochs."""
    recipe = folder / "recipe.json"
    begun = json.loads(recipe.read_text())["schedule"]["epochs"] if recipe.exists() else epochs
    if begun != epochs:
        sys.exit(f"--epochs: {folder} has {begun} epochs, not {epochs}; give another --output")


def training(a, run):
    """The command, or none where the run is trained."""
    folder = a.output / run.name
    epochs, falls = run.schedule or (a.epochs * run.times, milestones(a.epochs * run.times))
    require_epochs(folder, epochs)
    if (folder / "primary.safetensors").exists():
        return []
    common = ["--data", str(a.data), "--output", str(folder)]
    if (folder / "checkpoint.safetensors").exists():
        return [str(a.auxtrain), "train", "--resume", *common]
    sets = [f"schedule.milestones={falls}", *run.sets]
    if run.recipe.endswith("auxiliary"):
        sets.append(f"method.stage2_epoch={falls[run.stage2]}")
    return [str(a.auxtrain), "train", run.recipe, *common, "--epochs", str(epochs), "--seed",
            str(run.seed), *(word for text in sets for word in ("--set", text))]


def evaluation(a, run):
    """The command, or none where the run is evaluated."""
    folder = a.output / run.name
    if (folder / "evaluation.json").exists():
        return []
    return [str(a.auxtrain), "evaluate", str(folder), "--data", str(a.data), "--corruptions",
            "generate", "--json", str(folder / "evaluation.json"),
            *(["--frost", str(a.frost)] if a.frost else []),
            *(["--per-head"] if run.recipe.endswith("auxiliary") else [])]


def run_to_its_end(words):
    """The exit code. A terminal's Ctrl-C reaches the program too, which saves its work and ends."""
    process = subprocess.Popen(words)
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            pass


def keep(a, run):
    to = a.results / run.name
    to.mkdir(parents=True, exist_ok=True)
    for name in KEPT:  # beside, then renamed: what is there is whole
        part = to / f"{name}.part"
        shutil.copyfile(a.output / run.name / name, part)
        part.replace(to / name)


def main(a):
    runs = [run for run in RUNS if re.search(a.only, run.name)]
    if not runs:
        sys.exit(f"--only: {a.only!r} is in none of {', '.join(run.name for run in RUNS)}")
    if a.epochs < 5:
        sys.exit(f"--epochs: expected at least 5, for three falls of the learning rate, got {a.epochs}")
    for number, run in enumerate(runs, 1):
        todo = [words for words in (training(a, run), evaluation(a, run)) if words]
        print(f"[{number}/{len(runs)}] {run.name}{'' if todo else ': finished'}", flush=True)
        for words in todo:
            print("   ", *words, flush=True)
            code = 0 if a.list else run_to_its_end(words)
            if code:
                sys.exit(code)
        if a.results and not a.list:
            keep(a, run)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--auxtrain", type=lambda file: pathlib.Path(file).absolute(), required=True,
                        help="the program")
    parser.add_argument("--data", type=pathlib.Path, required=True, help="as auxtrain's --data")
    parser.add_argument("--output", type=pathlib.Path, required=True, help="folder for the runs")
    parser.add_argument("--frost", type=pathlib.Path, help="as auxtrain's --frost")
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--only", default="", metavar="REGEX", help="of names of runs")
    parser.add_argument("--results", type=pathlib.Path, help="folder that keeps what is small")
    parser.add_argument("--list", action="store_true")
    main(parser.parse_args())

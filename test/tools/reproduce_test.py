"""What the scripts in tools/reproduce do with a program, and make of its results."""
import contextlib
import io
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest
from xml.etree import ElementTree

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "tools/reproduce"
sys.path.insert(0, str(FOLDER))

import effect  # noqa: E402
import report  # noqa: E402
from program import FOLDER as WORK  # noqa: E402
from program import ProgramTest, python_with_torch, trained  # noqa: E402

# Stands for auxtrain: trains in two calls, of which the first is stopped, and evaluates.
PROGRAM = """#!/usr/bin/env python3
import json, pathlib, sys
words = sys.argv[1:]
with open("calls", "a") as calls:
    print(*words, file=calls)
if words[0] == "evaluate":
    pathlib.Path(words[words.index("--json") + 1]).write_text("{}")
    sys.exit(0)
run = pathlib.Path(words[words.index("--output") + 1])
run.mkdir(parents=True, exist_ok=True)
if "--resume" not in words:
    (run / "checkpoint.safetensors").write_text("")
    epochs = int(words[words.index("--epochs") + 1])
    (run / "recipe.json").write_text(json.dumps({"schedule": {"epochs": epochs}}))
    sys.exit(143)
for name in ("primary.safetensors", "environment.json", "log.jsonl"):
    (run / name).write_text(name)
"""


class Effect(unittest.TestCase):
    def test_the_rate_falls_three_times_in_any_schedule(self):
        self.assertEqual(effect.milestones(12), [6, 9, 11])
        self.assertEqual(effect.milestones(60), [30, 45, 55])
        for epochs in range(5, 80):
            falls = effect.milestones(epochs)
            self.assertTrue(0 < falls[0] < falls[1] < falls[2] < epochs, falls)

    def test_a_second_call_goes_on_where_the_first_was_stopped(self):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            (folder / "program").write_text(PROGRAM)
            (folder / "program").chmod(0o755)

            def call(*more):
                return subprocess.run(
                    [sys.executable, FOLDER / "effect.py", "--auxtrain", "./program", "--data", "data",
                     "--output", "runs", "--results", "kept", "--only", "^(auxiliary|standard)$", *more],
                    cwd=folder, capture_output=True, text=True, check=False)

            codes = [call().returncode for _ in range(3)]
            self.assertEqual(codes, [143, 143, 0])  # either training is stopped once
            calls = (folder / "calls").read_text().splitlines()
            self.assertEqual([line.split()[0] for line in calls],
                             ["train", "train", "evaluate", "train", "train", "evaluate"])
            self.assertIn("--resume", calls[1])
            self.assertIn("method.stage2_epoch=9", calls[3])
            self.assertEqual(["--per-head" in line for line in calls], [False] * 5 + [True])
            self.assertEqual({file.name for file in (folder / "kept/auxiliary").iterdir()},
                             set(effect.KEPT))
            before = len(calls)
            self.assertEqual(call().returncode, 0)
            other = call("--epochs", "24")
            self.assertEqual(other.returncode, 1)
            self.assertIn("--epochs: runs/standard has 12 epochs, not 24", other.stderr)
            self.assertEqual(len((folder / "calls").read_text().splitlines()), before)

    def test_what_cannot_be_is_refused(self):
        def error_of(*arguments):
            done = subprocess.run([sys.executable, FOLDER / "effect.py", "--auxtrain", "x", "--data",
                                   "x", "--output", "x", *arguments],
                                  capture_output=True, text=True, check=False)
            return done.returncode, done.stderr

        code, error = error_of("--only", "nothing")
        self.assertEqual(code, 1)
        self.assertIn("--only: 'nothing' is in none of standard-6-epochs, ", error)
        self.assertIn("expected at least 5", error_of("--epochs", "4")[1])


def errors(clean, corrupted):
    kinds = {kind: {"mean_error": corrupted} for kind in ("fog", "snow")}
    return {"clean": {"top1_error": clean}, "mean_error_19": corrupted, "corruptions": kinds,
            "mean_error_near_training": corrupted, "mean_error_unseen": corrupted}


def keep(folder, name, result, log, method="standard", model="resnet20", seed=1, view_images=500000):
    run = folder / name
    run.mkdir()
    result |= {"model": model, "dataset": "cifar10", "images": 10000,
               "training": {"epochs": len([line for line in log if line["kind"] == "epoch"]),
                            "view_images": view_images}}
    (run / "evaluation.json").write_text(json.dumps(result))
    (run / "recipe.json").write_text(
        json.dumps({"method": {"name": method, "stage2_epoch": 1}, "seed": seed}))
    (run / "log.jsonl").write_text("".join(json.dumps(line) + "\n" for line in log))


def keep_five(folder):
    """A standard run, auxiliary ones of as many epochs, another standard one of as many view-images,
    and the stored baseline."""
    epochs = [{"kind": "epoch", "epoch": 1, "head_distance": [1.25, 1], "seconds": 60},
              {"kind": "step", "epoch": 2, "head_distance": [0.5, 0.25]},
              {"kind": "epoch", "epoch": 2, "head_distance": [0.0625, 0.125], "seconds": 70}]
    alone = [{"kind": "epoch", "epoch": epoch, "head_distance": [], "seconds": 30}
             for epoch in range(1, 11)]
    keep(folder, "alexnet", errors(0.3, 0.5), alone[:2], model="alexnet")
    keep(folder, "standard", errors(0.2, 0.4), alone[:2])
    keep(folder, "standard-equal", errors(0.1, 0.2), alone, view_images=2500000)
    auxiliary = errors(0.1, 0.25)
    auxiliary["heads"] = [{"view": "rotation", **errors(0.15, 0.35)}]
    keep(folder, "auxiliary", auxiliary, epochs, "auxiliary", view_images=2500000)
    keep(folder, "without-merging", errors(0.08, 0.2), epochs, "auxiliary", view_images=2500000)


def printed(*arguments):
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        sys.argv = ["report.py", *arguments]
        report.main()
    return out.getvalue()


class Report(unittest.TestCase):
    def test_intervals_are_wilsons(self):
        low, high = report.interval(0.1, 10000)
        self.assertAlmostEqual(low, 0.09427, places=5)
        self.assertAlmostEqual(high, 0.10603, places=5)

    def test_tables_and_figure_of_what_is_there(self):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            keep_five(folder)
            lines = printed(name, "--figure", str(folder / "effect.svg")).splitlines()
            picture = ElementTree.parse(folder / "effect.svg")
        self.assertIn("| `auxiliary` | 2 | 2.50 | 2 | 10.00 (9.43, 10.60) | 25.00 (24.16, 25.86) "
                      "| 25.00 | 25.00 | 0.500 |", lines)
        self.assertEqual([line.split("`")[1] for line in lines[2:7]],
                         ["standard", "auxiliary", "alexnet", "standard-equal", "without-merging"])  # effect.py's order
        self.assertIn("| `fog` | 40.00 | 25.00 | 20.00 | 20.00 |", lines)
        self.assertIn("| `auxiliary` | rotation | 15.00 | 35.00 | 35.00 | 35.00 |", lines)
        self.assertIn("| `auxiliary` | 1.250 | 0.5000 | 0.1250 |", lines)
        self.assertFalse([line for line in lines if line.startswith("| `standard` | 1.")])
        texts = [text.text for text in picture.iter("{http://www.w3.org/2000/svg}text")]
        self.assertEqual(texts.count("auxiliary"), 2)  # clean, corrupted
        self.assertIn("25.0%", texts)

    def test_a_run_stands_beside_standard_training_and_what_lacks_a_part_beside_the_whole(self):
        with tempfile.TemporaryDirectory() as name:
            keep_five(pathlib.Path(name))
            tables = [table.splitlines() for table in printed(name).split("\n\n")]
        self.assertEqual(tables[1][2:4], [
            # half of an interval: 1.96 sqrt((.1 .9 + .2 .8) / 10000) = .0098
            "| `auxiliary` | `standard` | -10.0 (-11.0, -9.0) | -15.0 (-16.3, -13.7) "
            "| 0.50 | 0.62 | 0.62 | 0.62 | 0.62 |",
            "| `auxiliary` | `standard-equal` | +0.0 (-0.8, +0.8) | +5.0 (+3.8, +6.2) "
            "| 1.00 | 1.25 | 1.25 | 1.25 | 1.25 |"])
        self.assertEqual(len(tables[1]), 6)  # the run without merging too
        self.assertEqual(tables[2][2:], [
            "| `without-merging` | `auxiliary` | -2.0 (-2.8, -1.2) | -5.0 (-6.2, -3.8) "
            "| 0.80 | 0.80 | 0.80 | 0.80 | 0.80 |"])

    def test_the_tables_take_their_places_on_the_page(self):
        marks = [f"<!-- table: {name} -->" for name in report.TABLES]
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            keep_five(folder)
            page = folder / "page.md"
            page.write_text("\n".join(f"{mark}\n| old |\n\ntext" for mark in marks) + "\n")
            self.assertEqual(printed(name, "--page", str(page)), "")
            once = page.read_text()
            printed(name, "--page", str(page))
            self.assertEqual(page.read_text(), once)
            for part in printed(name).split("\n\n"):
                self.assertIn(f"-->\n{part.strip()}\n\ntext", once)
            self.assertNotIn("old", once)
            page.write_text(marks[0] + "\n")
            with self.assertRaises(SystemExit) as refused:
                printed(name, "--page", str(page))
            self.assertEqual(page.read_text(), marks[0] + "\n")
        self.assertIn(f"expected the line {marks[1]}, found none", str(refused.exception))

    def test_the_page_and_the_figure_of_this_tree_are_those_of_its_results(self):
        docs = FOLDER.parents[1] / "docs"
        with tempfile.TemporaryDirectory() as name:
            page, figure = pathlib.Path(name) / "page.md", pathlib.Path(name) / "effect.svg"
            shutil.copyfile(docs / "reproduction.md", page)
            printed(str(docs / "results"), "--page", str(page), "--figure", str(figure))
            for made, stands in ((page, "reproduction.md"), (figure, "effect.svg")):
                self.assertEqual(made.read_text(encoding="utf-8"),
                                 (docs / stands).read_text(encoding="utf-8"))

    def test_an_empty_folder_is_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run([sys.executable, FOLDER / "report.py", folder],
                                  capture_output=True, text=True, check=False,
                                  env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"})
        self.assertEqual(done.returncode, 1)
        self.assertIn("expected folders with evaluation.json, found none", done.stderr)


# A batch's statistics are those of what is given, and leave the running ones as they are.
LAYER = """
import torch
from batch_statistics import use_batch_statistics
layer, x = torch.nn.BatchNorm2d(1).eval(), 5 + 3 * torch.randn(64, 1, 8, 8)
use_batch_statistics(layer, True)
assert abs(layer(x).mean()) < 1e-3 and abs(layer(x).std() - 1) < 1e-3
use_batch_statistics(layer, False)
assert torch.allclose(layer(x), x, rtol=1e-4)
"""


class BatchStatistics(ProgramTest):
    def test_running_statistics_give_the_errors_that_evaluate_counts(self):
        python = python_with_torch()
        if not python:
            self.skipTest("no interpreter with PyTorch")
        self.results_of("corrupt", "synthetic", "--severities", "3", "--only", "fog,contrast",
                        "--output", "severity-3")
        errors = json.loads(self.results_of(
            "evaluate", trained(), "--corruptions", "severity-3", "--only", "fog,contrast",
            "--severities", "3", "--json", "-"))["mean_error"]
        done = subprocess.run(
            [python, "-B", FOLDER / "batch_statistics.py", "severity-3",
             f"{trained()}/primary.safetensors", "--images", "100000", "--json", "errors.json"],
            cwd=WORK, capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        running = float(done.stdout.splitlines()[2].split("|")[2])
        self.assertAlmostEqual(running, 100 * errors, delta=0.1)  # rounding moves a few of 4000
        made = json.loads((WORK / "errors.json").read_text())["classifiers"][0]
        self.assertAlmostEqual(50 * (made["running"]["fog"] + made["running"]["contrast"]), running,
                               delta=0.006)
        self.assertNotEqual(made["batch"], made["running"])
        done = subprocess.run([python, "-B", "-c", LAYER], cwd=FOLDER, capture_output=True, text=True,
                              check=False)
        self.assertEqual(done.returncode, 0, done.stderr)


if __name__ == "__main__":
    unittest.main()

"""Runs the program `auxtrain`, named by the environment variable AUXTRAIN, as its users do."""
import atexit
import functools
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

FOLDER = pathlib.Path(tempfile.mkdtemp(prefix="auxtrain_test."))  # where every command runs
atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)

# 78 steps on the built-in data set, all of them in stage 2, and one auxiliary classifier.
TINY = {
    "extends": "quickstart",
    "model": {"width": 4},
    "data": {"batch": 64},
    "schedule": {"epochs": 1, "milestones": [], "warmup": 0.5},
    "method": {"stage2_epoch": 0, "corruptions": [{"name": "rotation", "strength": 30}]},
}


def command(*arguments):
    return [os.environ["AUXTRAIN"], *map(str, arguments)]


def environment(**more):
    """What the tests are not about is left out: where this machine keeps data sets, say."""
    kept = {name: os.environ[name] for name in ("PATH", "TMPDIR", "ASAN_OPTIONS", "UBSAN_OPTIONS")
            if name in os.environ}
    return {**kept, **more}


def auxtrain(*arguments, **more):
    """The ended process, with its `returncode`, `stdout` and `stderr`."""
    return subprocess.run(command(*arguments), cwd=FOLDER, env=environment(**more), timeout=600,
                          capture_output=True, text=True, check=False)


def write_json(name, value):
    """Writes a file, a recipe for example, beside which commands run; its name."""
    (FOLDER / name).write_text(json.dumps(value), encoding="utf-8")
    return name


def write_bytes(name, content):
    (FOLDER / name).write_bytes(content)
    return name


@functools.cache
def training():
    """A training that has ended, the same for all tests."""
    result = auxtrain("train", write_json("tiny.json", TINY), "--output", "trained")
    if result.returncode != 0:
        raise RuntimeError(result.stderr)
    return result


def trained():
    """The name of its run folder."""
    training()
    return "trained"


@functools.cache
def python_with_torch():
    """An interpreter that has PyTorch, or None."""
    for python in (sys.executable, os.environ.get("AUXTRAIN_TEST_PYTHON"), "/usr/bin/python3"):
        if python and os.access(python, os.X_OK) and not subprocess.run(
                [python, "-c", "import numpy, torch"], capture_output=True, check=False).returncode:
            return python
    return None


class ProgramTest(unittest.TestCase):
    def results_of(self, *arguments):
        """What a command that succeeds prints on stdout."""
        result = auxtrain(*arguments)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        return result.stdout

    def assert_refused(self, result, code, *parts):
        """One line on stderr that says all the parts, nothing on stdout."""
        self.assertEqual((result.returncode, result.stdout), (code, ""), result.stderr)
        self.assertRegex(result.stderr, r"\Aauxtrain: [^\n]+\n\Z")
        for part in parts:
            self.assertIn(part, result.stderr)

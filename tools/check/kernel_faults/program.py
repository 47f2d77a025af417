"""The test programs, and what they say of a kernel with a fault in it."""
import html
import json
import os
import pathlib
import re
import shlex
import signal
import subprocess
import sys

import tree

from .fault import RACES, SANITIZER, TESTS

# What a program must say to have noticed a fault, besides ending in failure; the best words first.
WORDS = {
    TESTS: [r"<(?:Exception|FatalErrorCondition)[^>]*>\s*([^<\n]+)",
            r"<(?:Failure|Original)[^>]*>\s*([^<\n]+)"],
    SANITIZER: [r"(?:SUMMARY: AddressSanitizer: |runtime error: )([^\n]+)"],
    RACES: [r"(race: [^<\n]+)"],
}
SECONDS = 600  # that a program may take


class Program:
    """One of the test programs, in a build of the tree that is quick to make."""

    def __init__(self, who, folder):
        self.who = who
        self.name = "cuda_races" if who == RACES else "cuda"
        self.folder = folder / ("sanitized" if who == SANITIZER else "plain")
        self.options = (["-DSANITIZE=address,undefined", "-DCMAKE_CXX_FLAGS_PLANTED=-O1 -g1"]
                        if who == SANITIZER else ["-DCMAKE_CXX_FLAGS_PLANTED=-O1"])

    def build(self):
        """And learns how a kernel is compiled and the library of all kernels linked."""
        library = f"test/cuda/lib{self.name}_stand_in.so"
        print(f"building {self.who} in {self.folder}", flush=True)
        self.succeed(["cmake", "-G", "Ninja", "-S", tree.ROOT, "-B", self.folder,
                      "-DCMAKE_BUILD_TYPE=Planted", "-DAUXTRAIN_CUDA=off",
                      "-DCMAKE_COMPILE_WARNING_AS_ERROR=off", *self.options])
        self.succeed(["cmake", "--build", self.folder, "--target", f"{self.name}_test"])
        self.link = shlex.split(self.succeed(
            ["ninja", "-C", self.folder, "--quiet", "-t", "commands", library]).splitlines()[-1])
        self.compile = {
            entry["file"]: shlex.split(entry["command"].split(" -o ")[0])
            for entry in json.loads((self.folder / "compile_commands.json").read_text())
            if f"/{self.name}_kernels.dir/" in entry["command"]}

    def must_pass(self, tests):
        code, said = self.run(tests, self.folder)
        if code != 0 or "<TestCase " not in said:
            sys.exit(f"{self.who} {tests} fails without any fault, or has no test:\n{said[-2000:]}")

    def noticed(self, kernel, place):
        """In which test and in what words, or None: the tests of a kernel, where the files below
        `place` stand for those of the tree."""
        self.build_library(kernel, place)
        code, said = self.run(kernel.tests_of(self.who), place)
        words = [found for wanted in WORDS[self.who] for found in re.findall(wanted, said)]
        test = re.findall(r'<TestCase name="([^"]*)"', said)
        if not test:
            sys.exit(f"{self.who} does not run:\n{said[-2000:]}")
        if self.who == TESTS and code is not None and code < 0:
            words = words or [signal.Signals(-code).name]
        if not code or not words:
            return None
        short = re.sub(r"\S*/(?=\S)", "", html.unescape(words[0]))
        return f"{html.unescape(test[-1])}: {short:.80}"

    def build_library(self, kernel, place):
        """The library of all kernels with this one compiled anew. Its functions come first, so that
        they are the ones that all units have in common."""
        unit, own = tree.ROOT / kernel.unit, place / "kernel.o"
        compiler, *flags = self.compile[str(unit)]
        planted = place / kernel.unit if not kernel.header else unit
        self.succeed([compiler, f"-I{place}", *flags, "-c", planted, "-o", own], self.folder)
        output = self.link.index("-o") + 1
        before, library, after = self.link[:output], self.link[output], self.link[output + 1:]
        others = [word for word in after if not word.endswith(f"/{kernel.unit}.o")]
        command = [word for word in [*before, str(place / pathlib.Path(library).name), str(own),
                                     *others] if word not in (":", "&&")]
        self.succeed(command, self.folder)

    def run(self, tests, library_folder):
        """The exit code, or None where it does not end, and what the tests print up to the first
        failure."""
        folders = [str(library_folder), str(self.folder / "test/cuda")]
        try:
            run = subprocess.run(
                [self.folder / f"test/cuda/{self.name}_test", tests, "--abort", "-r", "xml"],
                env={**os.environ, "LD_LIBRARY_PATH": ":".join(folders),
                     "ASAN_OPTIONS": "detect_leaks=0"},
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, timeout=SECONDS)
            return run.returncode, run.stdout.decode(errors="replace")
        except subprocess.TimeoutExpired as slow:
            return None, (slow.stdout or b"").decode(errors="replace")

    @staticmethod
    def succeed(command, folder=None):
        """What the command prints."""
        run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        if run.returncode != 0:
            sys.exit(f"{shlex.join(map(str, command))} fails:\n{(run.stdout + run.stderr)[-2000:]}")
        return run.stdout

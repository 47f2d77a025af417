"""Plants one fault after another in a copy of the kernels and sees the tests catch each, in the
words expected. Slow, and so no part of the tests.

planted_kernel_faults.py BUILD_FOLDER [REGEX]
BUILD_FOLDER receives the copy and its builds, which a second call uses again; REGEX chooses among
the faults.
"""
import pathlib
import re
import shutil
import subprocess
import sys

import tree

# The programs: plain, with address and undefined-behaviour sanitizers, with the race finder.
PLAIN, SANITIZED = "release/test/cuda/cuda_test", "sanitize/test/cuda/cuda_test"
RACES = "release/test/cuda/cuda_races_test"

OUTSIDE = r"heap-buffer-overflow[\s\S]*?\.cuh?:\d+"
RACE = r"race: thread.* at \w+\.cuh?:\d+.* at \w+\.cuh?:\d+"
SGD = "kernels/sgd/sgd.cu"

FAULTS = [  # what, file, text that occurs once, replacement, {program: words}
    ("off-by-one guard", SGD, "first + kWidth <= sizes.size", "first + kWidth - 1 <= sizes.size",
     {SANITIZED: OUTSIDE}),
    ("off-by-one end", SGD, "i < sizes.size", "i <= sizes.size", {SANITIZED: OUTSIDE}),
    ("the rest left out", SGD, "i < sizes.size", "i < sizes.size - 1", {PLAIN: "normalised_error"}),
    ("a block too few", SGD, "(sizes.size + kWidth - 1) / kWidth", "sizes.size / kWidth",
     {PLAIN: "normalised_error|cudaErrorInvalidConfiguration"}),
    ("neighbours share a parameter", SGD, "threadIdx.x) * kWidth", "threadIdx.x) * (kWidth - 1)",
     {SANITIZED: "misaligned address", RACES: RACE}),
    ("wide access beside its place", SGD, "load_vector<kWidth>(t.d_w + first)",
     "load_vector<kWidth>(t.d_w + first + (first ? -1 : 0))", {SANITIZED: "misaligned address"}),
    ("a copy nobody wants", SGD, "if (t.w_bfloat16) store_vector", "store_vector",
     {SANITIZED: "null pointer"}),
    ("the copy of the weight before", SGD, "t.w_bfloat16[i] = bfloat16(t.w[i])",
     "t.w_bfloat16[i] = bfloat16(t.d_w[i])", {PLAIN: "copy.*bits"}),
    ("momentum twice", SGD, "m = momentum * m + g", "m = momentum * (m + g)",
     {PLAIN: "normalised_error"}),
]


def copied_to(folder):
    """A copy of the tree; what has not changed since the last one keeps its time, so that it is
    not built again."""
    for name in [*tree.MAY_INCLUDE, "CMakeLists.txt", "CMakePresets.json"]:
        source, target = tree.ROOT / name, folder / name
        if source.is_file():
            shutil.copy2(source, target)
            continue
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(source, target)


def build(program, folder):
    preset, target = program.split("/")[0], program.split("/")[-1]
    if not (folder / "build" / preset / "build.ninja").exists():
        subprocess.run(["cmake", "--preset", preset, "-DAUXTRAIN_CUDA=off"], cwd=folder, check=True,
                       stdout=subprocess.DEVNULL)
    subprocess.run(["cmake", "--build", "--preset", preset, "--target", target, "--", "--quiet"],
                   cwd=folder, check=True)


def said_by(program, folder):
    """The exit code of the tests and what they print."""
    run = subprocess.run([folder / "build" / program], cwd=folder, text=True, errors="replace",
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    return run.returncode, run.stdout


def main(folder, wanted):
    faults = [fault for fault in FAULTS if re.search(wanted, f"{fault[1]}: {fault[0]}")]
    folder.mkdir(parents=True, exist_ok=True)
    copied_to(folder)
    missed = 0
    for program in sorted({program for *_, answers in faults for program in answers}):
        build(program, folder)
        code, said = said_by(program, folder)
        if code != 0:
            sys.exit(f"{program} fails without any fault:\n{said[-2000:]}")

    for what, file, text, replacement, answers in faults:
        original = (folder / file).read_text(encoding="utf-8")
        if original.count(text) != 1:
            sys.exit(f"{file}: {what}: {text!r} occurs {original.count(text)} times, not once")
        (folder / file).write_text(original.replace(text, replacement), encoding="utf-8")
        for program, words in answers.items():
            build(program, folder)
            code, said = said_by(program, folder)
            heard = code != 0 and re.search(f".*(?:{words}).*", said)
            line = " ".join((heard[0] if heard else said[-200:]).split())
            line = line if len(line) < 170 else line[:70] + " ... " + line[-95:]
            missed += not heard
            print("caught" if heard else "MISSED", f"{file}: {what} [{program}]\n       {line}",
                  flush=True)
        (folder / file).write_text(original, encoding="utf-8")
    print(f"{len(faults)} faults, {missed} missed")
    return 1 if missed or not faults else 0


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(pathlib.Path(sys.argv[1]).resolve(), sys.argv[2] if len(sys.argv) > 2 else ""))

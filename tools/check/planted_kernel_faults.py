"""Plants one fault after another in a copy of the kernels and sees the tests catch each, in the
words expected. Slow, and so no part of the tests.

planted_kernel_faults.py BUILD_FOLDER [REGEX]
BUILD_FOLDER receives the copy and its builds, which a second call uses again; REGEX chooses among
the faults.
"""
import filecmp
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
RACE = r"race:\s+thread[\s\S]{1,400}?nothing\s+orders\s+them"  # Catch2 breaks long lines
SGD, BIAS = "kernels/sgd/sgd.cu", "kernels/bias/bias.cu"
LIBRARY_PASS = "kernels/convolution/library_pass.cpp"

FAULTS = [  # what, file, text that occurs once, replacement, {program: words}
    ("off-by-one guard", SGD, "first + kWidth <= sizes.size", "first + kWidth - 1 <= sizes.size",
     {SANITIZED: OUTSIDE}),
    ("off-by-one end", SGD, "i < sizes.size", "i <= sizes.size", {SANITIZED: OUTSIDE}),
    ("the rest left out", SGD, "i < sizes.size", "i < sizes.size - 1", {PLAIN: "normalised_error"}),
    ("a block too few", SGD, "(sizes.size + kWidth - 1) / kWidth", "sizes.size / kWidth",
     {PLAIN: "normalised_error|cudaErrorInvalidConfiguration"}),
    ("neighbours share parameters", SGD, "threadIdx.x) * kWidth", "threadIdx.x / 2) * kWidth",
     {PLAIN: "normalised_error", RACES: RACE}),
    ("wide access beside its place", SGD, "load_vector<kWidth>(t.d_w + first)",
     "load_vector<kWidth>(t.d_w + first + (first ? -1 : 0))", {SANITIZED: "misaligned address"}),
    ("a copy nobody wants", SGD, "if (t.w_bfloat16) store_vector", "store_vector",
     {SANITIZED: "null pointer|DEADLYSIGNAL"}),
    ("the copy of the weight before", SGD, "t.w_bfloat16[i] = bfloat16(t.w[i])",
     "t.w_bfloat16[i] = bfloat16(t.d_w[i])", {PLAIN: "copy.*bits"}),
    ("momentum twice", SGD, "m = momentum * m + g", "m = momentum * (m + g)",
     {PLAIN: "normalised_error"}),
    ("the last row left out", BIAS, "row < end;", "row < end - 1;", {PLAIN: "normalised_error"}),
    ("a part left out", BIAS, "part < parts;", "part < parts - (parts > 1);",
     {PLAIN: "normalised_error"}),
    ("warps do not meet", BIAS, "  __syncthreads();\n", "", {RACES: RACE}),
    ("padding is what was there", LIBRARY_PASS, "if (y_ != kNone)\n", "if (false)\n",
     {PLAIN: "nan < "}),
    ("a workspace begins anywhere", LIBRARY_PASS, "(kAlignment - address % kAlignment)",
     "(0 * address)", {PLAIN: "% 256 == 0"}),
]


def copy_tree(folder):
    """Makes `folder` a copy of the tree; files that are the same keep their time, so that nothing
    is built again for them."""
    names = [*tree.MAY_INCLUDE, "CMakeLists.txt", "CMakePresets.json"]
    files = {path.relative_to(tree.ROOT) for name in names
             for path in [tree.ROOT / name, *(tree.ROOT / name).rglob("*")] if path.is_file()}
    there = {path.relative_to(folder) for name in names
             for path in (folder / name).rglob("*") if path.is_file()}
    for file in there - files:
        (folder / file).unlink()
    for file in files:
        target = folder / file
        if not target.exists() or not filecmp.cmp(tree.ROOT / file, target, shallow=False):
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(tree.ROOT / file, target)


def build(program, folder):
    preset, target = program.split("/")[0], program.split("/")[-1]
    if not (folder / "build" / preset / "build.ninja").exists():
        subprocess.run(["cmake", "--preset", preset, "-DAUXTRAIN_CUDA=off",
                        "-DCMAKE_COMPILE_WARNING_AS_ERROR=off"],
                       cwd=folder, check=True, stdout=subprocess.DEVNULL)
    run = subprocess.run(["cmake", "--build", "--preset", preset, "--target", target], cwd=folder,
                         capture_output=True, text=True, check=False)
    if run.returncode != 0:
        sys.exit(f"{target} does not build:\n{run.stdout[-2000:]}")


def said_by(program, folder):
    """The exit code of the tests and what they print."""
    run = subprocess.run([folder / "build" / program], cwd=folder, text=True, errors="replace",
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
                         timeout=600)
    return run.returncode, run.stdout


def main(folder, wanted):
    faults = [fault for fault in FAULTS if re.search(wanted, f"{fault[1]}: {fault[0]}")]
    folder.mkdir(parents=True, exist_ok=True)
    copy_tree(folder)
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

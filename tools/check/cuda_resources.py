"""What each kernel takes of an H100, as a markdown table, known without running it. Fails where a
kernel spills registers to memory, skips (77) where nothing is compiled by nvcc.

cuda_resources.py BUILD_FOLDER [REGEX]      with the flags of the build
cuda_resources.py --nvcc NVCC [REGEX]       without a build
REGEX chooses among the .cu files.
"""
import concurrent.futures
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
from typing import NamedTuple

import tree

SKIPPED = 77


class Use(NamedTuple):
    """Of one launch at training sizes: dynamic shared memory of a block, bytes that the grid reads
    and writes in device memory, and the fewest with which the result can be had."""

    dynamic_shared: int = 0
    moved: int = 0
    least: int = 0


# What the compiler cannot know, by file and name of the kernel, with its template arguments or
# without; of ResNet-18 with 5 views of 128 images and 4 auxiliary classifiers.
PARAMETERS = 33_497_202
AT_TRAINING_SIZES = {
    # Reads w, d_w and m, writes w, m and the bfloat16 copy.
    "sgd/sgd_kernel": Use(moved=22 * PARAMETERS, least=22 * PARAMETERS),
}


class Kernel(NamedTuple):
    file: pathlib.Path
    name: str
    threads: int  # of a block, at most (__launch_bounds__); 0 where the kernel does not say
    registers: int
    spilled: int  # bytes, in the kernel and the functions it calls
    stack: int  # bytes a thread
    static_shared: int


def occupancy(threads, registers, shared):
    """The share of a multiprocessor's 64 warps that can be there at once on sm_90, by the rules of
    cuda_occupancy.h: registers come 256 at a time to each warp, from the four quarters of 65,536;
    shared memory 128 bytes at a time, of 228 KiB, of which each block reserves 1 KiB."""
    warps = -(-threads // 32)
    of_registers = 65536 // 4 // (-(-registers * 32 // 256) * 256) * 4 // warps
    of_shared = 228 * 1024 // (-(-(shared + 1024) // 128) * 128)
    return min(32, 64 // warps, of_registers, of_shared) * warps / 64


def readable(mangled):
    """Names without our namespaces, results and parameters; template arguments stay."""
    text = subprocess.run(["c++filt"], input="\n".join(mangled), capture_output=True, text=True,
                          check=True).stdout
    names = []
    for name in text.splitlines():
        name = re.sub(r"\(anonymous namespace\)::|\b(kernels|data)::", "", name)
        depth = 0
        for end, letter in enumerate(name):
            depth += {"<": 1, ">": -1}.get(letter, 0)
            if letter == "(" and depth == 0:
                name = name[:end]
                break
        names.append(name.removeprefix("void ").replace("> >", ">>"))
    return names


def kernels_of(file, command):
    """The kernels of one file, which `command` compiles."""
    with tempfile.TemporaryDirectory() as kept:
        run = subprocess.run(
            [*command, "-arch=sm_90", "-cubin", str(file), "-o", kept + "/out.cubin",
             "-Xptxas=-v", "-keep", "-keep-dir", kept],
            capture_output=True, text=True, check=False)
        if run.returncode != 0:
            sys.exit(f"{file} does not compile:\n{run.stderr}")
        (ptx,) = pathlib.Path(kept).glob("*.ptx")
        entries = dict(re.findall(r"\.entry (\w+)\(([^{]*)", ptx.read_text()))

    found = []
    for part in run.stderr.split("Compiling entry function ")[1:]:
        mangled = part.split("'")[1]
        threads = re.search(r"\.maxntid (\d+), (\d+), (\d+)", entries[mangled])
        x, y, z = map(int, threads.groups()) if threads else (0, 0, 0)
        spills = re.findall(r"(\d+) bytes spill (?:stores|loads)", part)
        number = lambda pattern: int((re.search(pattern, part) or [0, 0])[1])  # noqa: E731
        found.append(Kernel(file, mangled, x * y * z, number(r"Used (\d+) registers"),
                            sum(map(int, spills)), number(r"(\d+) bytes stack frame"),
                            number(r"(\d+) bytes smem")))
    names = readable([kernel.name for kernel in found])
    return [kernel._replace(name=name) for kernel, name in zip(found, names)]


def commands_of_build(build):
    """Of each .cu file of ours, the command that compiles it, less what is asked of it here."""
    for entry in json.loads((build / "compile_commands.json").read_text()):
        words = shlex.split(entry["command"])
        if "cu" not in words:  # as in -x cu; the stand-in's are C++
            continue
        start = 1 if pathlib.Path(words[0]).name == "ccache" else 0
        command = words[start:words.index("-x")]
        yield pathlib.Path(entry["file"]), [
            word for word in command if not word.startswith("--generate-code")]


def commands_with(nvcc, root):
    for file in tree.files(root, {".cu"}):
        yield root / file, [
            nvcc, "-std=c++20", "-O3", "--expt-relaxed-constexpr", f"-I{root}",
            *(["-fmad=false"] if file.parts[0] == "data" else [])]


def row(kernel, root):
    key = f"{kernel.file.stem}/{kernel.name}"
    use = AT_TRAINING_SIZES.get(key) or AT_TRAINING_SIZES.get(key.split("<")[0])
    shared = kernel.static_shared + (use.dynamic_shared if use else 0)
    share = f"{occupancy(kernel.threads, kernel.registers, shared):.0%}" if kernel.threads else "?"
    dynamic = f"{use.dynamic_shared:,}" if use else "?"
    moved = f"{use.moved / 1e6:,.1f} MB, {use.moved / use.least:.2f}" if use and use.least else "?"
    return (f"| `{kernel.file.relative_to(root)}` | `{kernel.name}` | {kernel.threads or '?'} "
            f"| {kernel.registers} | {kernel.spilled} | {kernel.stack} | {kernel.static_shared:,} "
            f"| {dynamic} | {share} | {moved} |")


def main(commands, root):
    """Prints the table; whether a kernel spills."""
    with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        lists = list(pool.map(lambda pair: kernels_of(*pair), commands))
    kernels = sorted(kernel for found in lists for kernel in found)
    print("| file | kernel | threads of a block | registers | spilled bytes | stack | static shared "
          "| dynamic shared | occupancy | moved, of the least |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for kernel in kernels:
        print(row(kernel, root))
    spilling = [kernel for kernel in kernels if kernel.spilled]
    for kernel in spilling:
        print(f"{kernel.file.relative_to(root)}: {kernel.name} spills {kernel.spilled} bytes")
    return 1 if spilling else 0


def chosen(arguments):
    """The files and commands that the command line asks for."""
    if arguments[0] == "--nvcc":
        commands = commands_with(arguments[1], tree.ROOT)
    else:
        commands = commands_of_build(pathlib.Path(arguments[0]))
    wanted = arguments[1 + (arguments[0] == "--nvcc"):]
    return [pair for pair in commands if not wanted or re.search(wanted[0], str(pair[0]))]


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    files = chosen(sys.argv[1:])
    if not files:
        print("skipped: no .cu file is compiled by nvcc")
        sys.exit(SKIPPED)
    sys.exit(main(files, tree.ROOT))

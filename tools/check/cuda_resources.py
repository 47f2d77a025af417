"""What each kernel takes of an H100, known without running it: what nvcc says of its code, how it is
launched at training sizes (test/cuda/launches.cpp) and what that means for the 132 multiprocessors.
Prints a markdown table: of each kernel of each call the case that moves most, bfloat16 before float.

cuda_resources.py BUILD_FOLDER [--all]      --all: every case

Fails where a kernel keeps registers or arrays in memory, where no case launches a kernel, and where
blocks that must all be alive are more than there can be. Skips (77) where nothing is compiled by
nvcc.
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
MULTIPROCESSORS = 132


class Kernel(NamedTuple):
    name: str  # with template arguments
    file: pathlib.Path
    registers: int  # of a thread
    spilled: int  # bytes, in the kernel and the functions it calls
    stack: int  # bytes a thread
    static_shared: int  # bytes


class Occupancy(NamedTuple):
    blocks: int  # alive at once on a multiprocessor
    share: float  # of its warps
    limit: str  # what there is no more of


def occupancy(threads, registers, shared):
    """On sm_90, by the rules of cuda_occupancy.h: 64 warps and 32 blocks; registers come 256 at a
    time to each warp, from the four quarters of 65,536; shared memory 128 bytes at a time, of 228
    KiB, of which each block reserves 1 KiB."""
    warps = -(-threads // 32)
    limits = {
        "warps": 64 // warps,
        "blocks": 32,
        "registers": 65536 // 4 // (-(-registers * 32 // 256) * 256) * 4 // warps,
        "shared memory": 228 * 1024 // (-(-(shared + 1024) // 128) * 128),
    }
    blocks = min(limits.values())
    limit = " and ".join(name for name, most in limits.items() if most == blocks)
    return Occupancy(blocks, blocks * warps / 64, limit)


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
    with tempfile.TemporaryDirectory() as folder:
        run = subprocess.run(
            [*command, "-arch=sm_90", "-cubin", str(file), "-o", folder + "/out.cubin",
             "-Xptxas=-v"], capture_output=True, text=True, check=False)
    if run.returncode != 0:
        sys.exit(f"{file} does not compile:\n{run.stderr}")
    parts = run.stderr.split("Compiling entry function ")[1:]
    names = readable([part.split("'")[1] for part in parts])
    found = []
    for name, part in zip(names, parts):
        spills = re.findall(r"(\d+) bytes spill (?:stores|loads)", part)
        number = lambda pattern: int((re.search(pattern, part) or [0, 0])[1])  # noqa: E731
        found.append(Kernel(name, file, number(r"Used (\d+) registers"), sum(map(int, spills)),
                            number(r"(\d+) bytes stack frame"), number(r"(\d+) bytes smem")))
    return found


def compiled(commands):
    """The kernels of all files."""
    with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        lists = list(pool.map(lambda pair: kernels_of(*pair), commands))
    return sorted(kernel for found in lists for kernel in found)


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


def cases_of_build(build):
    """What test/cuda/launches.cpp prints, kernels by their readable names."""
    cases = json.loads(subprocess.run([build / "test/cuda/cuda_launches"], capture_output=True,
                                      text=True, check=True).stdout)
    launches = [launch for case in cases for launch in case["launches"]]
    for launch, name in zip(launches, readable([launch["kernel"] for launch in launches])):
        launch["kernel"] = name
    return cases


def product(sizes):
    x, y, z = sizes
    return x * y * z


def taken(kernel, launch):
    return occupancy(product(launch["block"]), kernel.registers,
                     kernel.static_shared + launch["dynamic_shared"])


def family(name):
    """Kernels that differ in numbers only, such as how many elements make one access, are there for
    arrays of any size and place: it is enough that one of them has a case."""
    return re.sub(r"\d+", "", name)


def problems(kernels, cases):
    """In words, what must not be."""
    by_name = {kernel.name: kernel for kernel in kernels}
    for kernel in kernels:
        if kernel.spilled:
            yield f"{kernel.file.name}: {kernel.name} spills {kernel.spilled} bytes"
        if kernel.stack:  # arrays in memory: an index or a reference that nvcc cannot resolve
            yield f"{kernel.file.name}: {kernel.name} has {kernel.stack} bytes of stack a thread"
        if by_name[kernel.name] is not kernel:
            yield (f"{kernel.name} is in {kernel.file.name} and in {by_name[kernel.name].file.name}:"
                   " one of them needs another name")
    launched = [(case, launch) for case in cases for launch in case["launches"]]
    families = {family(launch["kernel"]) for _, launch in launched}
    for kernel in kernels:
        if family(kernel.name) not in families:
            yield (f"{kernel.file.name}: {kernel.name} is launched by no case of "
                   "tools/auxtrain-bench/cuda")
    for case, launch in launched:
        kernel = by_name.get(launch["kernel"])
        if not kernel:
            yield f"{case['operation']}: nvcc knows no {launch['kernel']}"
            continue
        alive = MULTIPROCESSORS * taken(kernel, launch).blocks
        if alive == 0 or launch["cooperative"] and product(launch["grid"]) > alive:
            yield (f"{case['operation']}: {kernel.name}: {product(launch['grid'])} blocks, of which "
                   f"{alive} can be alive")


def longest(cases):
    """The case and launch of each kernel of each call that moves most, bfloat16 before float."""
    found = {}
    for case in cases:
        for launch in case["launches"]:
            key = case["call"], launch["kernel"].split("<")[0]
            rank = case["type"] == "bf16", case["least_bytes"]
            if key not in found or rank > found[key][0]:
                found[key] = rank, case, launch
    return [(case, launch) for _, case, launch in found.values()]


def row(kernel, case, launch):
    threads = product(launch["block"])
    grid = " x ".join(str(size) for size in launch["grid"] if size > 1) or "1"
    use = taken(kernel, launch)
    sizes = case["operation"].split(" ", 1)[1]
    return " | ".join([
        f"| `{case['call']}`", f"{sizes}, {case['type']}", f"`{kernel.name.split('<')[0]}`",
        f"{grid}{' at once' if launch['cooperative'] else ''}", f"{threads}",
        f"{kernel.registers}, {kernel.spilled}",
        f"{kernel.static_shared:,} + {launch['dynamic_shared']:,}",
        f"{use.blocks}, {use.share:.0%}, {use.limit}", f"{case['least_bytes'] / 1e6:,.1f}",
        f"{1 + case['reread_bytes'] / case['least_bytes']:.2f} |"])


def table(kernels, launches):
    by_name = {kernel.name: kernel for kernel in kernels}
    titles = ["call", "of", "kernel", "grid", "threads of a block", "registers, spilled bytes",
              "shared bytes", "blocks on a multiprocessor, its warps, limit", "least MB",
              "moved, of the least"]
    return "\n".join([
        f"| {' | '.join(titles)} |", "|" + "---|" * len(titles),
        *(row(by_name[launch["kernel"]], case, launch) for case, launch in launches)])


def main(build, everything):
    commands = list(commands_of_build(build))
    if not commands:
        print("skipped: no .cu file is compiled by nvcc")
        return SKIPPED
    kernels, cases = compiled(commands), cases_of_build(build)
    found = list(problems(kernels, cases))
    if not found:
        print(table(kernels, longest(cases) if not everything else [
            (case, launch) for case in cases for launch in case["launches"]]))
    for problem in found:
        print(problem)
    return 1 if found else 0


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(pathlib.Path(sys.argv[1]), "--all" in sys.argv[2:]))

"""Plants one fault after another in the kernels for GPUs, runs them by the tests' stand-in for one,
and fails unless the tests notice each. No GPU and no nvcc are needed.

planted_kernel_faults.py BUILD_FOLDER [--only REGEX]   slow, and so no part of the tests
planted_kernel_faults.py                               looks whether all faults still have a place
BUILD_FOLDER receives builds of the tree, which a second call uses again, and what is planted, one
file at a time: the tree stays as it is. REGEX chooses among "file: fault". kernel_faults/ has them.
"""
import argparse
import concurrent.futures
import os
import pathlib
import re
import sys
import tempfile
import time

import kernel_faults
import tree
from kernel_faults.fault import Fault
from kernel_faults.program import Program


def chosen(wanted):
    """Kernels with those of their faults that are wanted."""
    for kernel in kernel_faults.KERNELS:
        faults = [Fault(*fault) for fault in kernel.faults]
        faults = [fault for fault in faults if re.search(wanted, f"{kernel.file}: {fault.what}")]
        if faults:
            yield kernel._replace(faults=faults)


def planted(kernel, fault):
    """The file with the fault in it, or what is wrong."""
    text = (tree.ROOT / kernel.file).read_text(encoding="utf-8")
    count = text.count(fault.text)
    if count != 1:
        return None, (f"{kernel.file}: \"{fault.what}\" has no place any more: {fault.text!r} occurs "
                      f"{count} times there, not once; mend tools/check/kernel_faults")
    return text.replace(fault.text, fault.replacement), None


def try_fault(kernel, fault, program, folder):
    """Who noticed the fault and in what words, or None."""
    with tempfile.TemporaryDirectory(dir=folder) as place:
        file = pathlib.Path(place) / kernel.file
        file.parent.mkdir(parents=True)
        file.write_text(planted(kernel, fault)[0], encoding="utf-8")
        return program.noticed(kernel, pathlib.Path(place))


def main(folder, wanted):
    kernels = list(chosen(wanted))
    homeless = [why for kernel in kernels for fault in kernel.faults
                for why in [planted(kernel, fault)[1]] if why]
    print("\n".join(homeless) or f"{sum(len(kernel.faults) for kernel in kernels)} faults")
    if homeless or not folder or not kernels:
        return 1 if homeless or not kernels else 0

    folder.mkdir(parents=True, exist_ok=True)
    programs = {who: Program(who, folder) for who in sorted(
        {fault.seen_by for kernel in kernels for fault in kernel.faults})}
    for program in programs.values():
        program.build()
    missed = 0
    with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        pairs = sorted({(fault.seen_by, kernel.tests_of(fault.seen_by)) for kernel in kernels
                        for fault in kernel.faults})
        for (who, tests), _ in zip(pairs, pool.map(
                lambda pair: programs[pair[0]].must_pass(pair[1]), pairs)):
            print(f"passes without a fault: {who} {tests}", flush=True)
        for kernel in kernels:
            began = time.monotonic()
            print(f"\n{kernel.file}: {len(kernel.faults)} faults", flush=True)
            results = pool.map(
                lambda fault: try_fault(kernel, fault, programs[fault.seen_by], folder),
                kernel.faults)
            for fault, words in zip(kernel.faults, results):
                missed += not words
                print(f"  {fault.what:<52} {words or 'NOT CAUGHT by ' + fault.seen_by}", flush=True)
            print(f"  {time.monotonic() - began:.0f} s", flush=True)
    print(f"\n{missed} not caught")
    return 1 if missed else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=pathlib.Path)
    parser.add_argument("--only", default="", metavar="REGEX")
    arguments = parser.parse_args()
    sys.exit(main(arguments.folder and arguments.folder.resolve(), arguments.only))

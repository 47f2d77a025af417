"""Fails where a header does not compile alone: headers.py BUILD_FOLDER."""
import concurrent.futures
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys

import tree


def flags_by_folder(build, root):
    """How the sources of each top folder are compiled, without input, output and launcher."""
    flags = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        file = pathlib.Path(entry["file"])
        if not file.is_relative_to(root) or file.suffix != ".cpp":
            continue
        words = shlex.split(entry["command"].split(" -o ")[0])
        if "ccache" in words[0]:
            words = words[1:]
        # Optimisation costs time, and says nothing about whether a header is complete.
        flags.setdefault(file.relative_to(root).parts[0], [w for w in words if w != "-O3"])
    return flags


def compiles(header, command, root):
    run = subprocess.run(
        [*command, "-fsyntax-only", "-x", "c++", "-"],
        input=f'#include "{header}"\n',
        cwd=root,
        capture_output=True,
        text=True,
    )
    return run.returncode == 0, run.stderr


def main(build, root):
    flags = flags_by_folder(build, root)
    headers = [h for h in tree.files(root, {".h"}) if h.parts[0] in flags]
    broken = 0
    with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        runs = pool.map(lambda header: compiles(header, flags[header.parts[0]], root), headers)
        for header, (good, errors) in zip(headers, runs):
            if not good:
                first = re.search(r".*error:.*", errors)
                print(f"{header} does not compile alone: {first.group(0) if first else errors}")
                broken += 1
    print(f"{len(headers) - broken} of {len(headers)} headers compile alone")
    return 1 if broken or not headers else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]), tree.ROOT))

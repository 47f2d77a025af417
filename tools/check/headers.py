"""Fails where a header does not compile alone: headers.py BUILD_FOLDER, after the build.

A header that leads a source file was compiled alone by the build; this compiles the others.
"""
import concurrent.futures
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys

import tree


def compilations(build, root):
    """For each of our sources, as a path from root, the command that compiles it."""
    entries = json.loads((build / "compile_commands.json").read_text())
    ours = [entry for entry in entries if pathlib.Path(entry["file"]).is_relative_to(root)
            and not entry["file"].endswith(".cu")]  # which nvcc compiles
    commands = {pathlib.Path(e["file"]).relative_to(root): e["command"] for e in ours}
    return {file: command for file, command in commands.items() if file.parts[0] in tree.MAY_INCLUDE}


def first_include(text):
    match = re.search(r'^#include ["<]([^">]+)', text, re.MULTILINE)
    return match and pathlib.Path(match.group(1))


def syntax_check(command):
    """The command without launcher, input, output and optimisation, which costs only time."""
    words = shlex.split(command.split(" -o ")[0])
    if pathlib.Path(words[0]).name == "ccache":
        words = words[1:]
    return [word for word in words if word != "-O3"] + ["-fsyntax-only", "-x", "c++", "-"]


def error_in(header, command, root):
    run = subprocess.run(
        command, input=f'#include "{header}"\n', cwd=root, capture_output=True, text=True
    )
    if run.returncode == 0:
        return None
    line = re.search(r".*error:.*", run.stderr)
    return line.group(0) if line else run.stderr


def main(build, root):
    commands = compilations(build, root)
    leading = {first_include((root / source).read_text()) for source in commands}
    leading = leading & set(tree.files(root, {".h"}))
    # Any source beside a header shows what it is compiled with, else any of the top folder.
    by_folder = {}
    for source, command in commands.items():
        for folder in [source.parent, pathlib.Path(source.parts[0])]:
            by_folder[folder] = syntax_check(command)
    command_for = lambda h: by_folder.get(h.parent) or by_folder.get(pathlib.Path(h.parts[0]))  # noqa: E731
    headers = [h for h in tree.files(root, {".h"}) if command_for(h) and h not in leading]

    with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        errors = list(pool.map(lambda h: error_in(h, command_for(h), root), headers))
    for header, error in zip(headers, errors):
        if error:
            print(f"{header} does not compile alone: {error}")
    print(f"{len(leading)} headers lead a source file; {len(headers)} others were compiled")
    return 1 if any(errors) or not commands else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]), tree.ROOT))

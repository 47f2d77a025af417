"""Fails where clang-format would change a file. Formatting differs between its versions, so that
any other than ours skips the check (exit code 77)."""
import pathlib
import re
import shutil
import subprocess
import sys

import tree

VERSION = "14"  # of Debian 12
SKIPPED = 77


def clang_format():
    """The program to call, or why there is none."""
    for name in ("clang-format-" + VERSION, "clang-format"):
        if not shutil.which(name):
            continue
        text = subprocess.run([name, "--version"], capture_output=True, text=True).stdout
        if re.search(rf"version {VERSION}\.", text):
            return name, None
        return None, f"found {text.strip()}, formatting is that of version {VERSION}"
    return None, f"clang-format {VERSION} is not installed"


def main(root):
    program, reason = clang_format()
    if not program:
        print(f"skipped: {reason}")
        return SKIPPED
    files = tree.files(root, tree.HEADERS | tree.SOURCES)
    run = subprocess.run(
        [program, "--dry-run", "-Werror", "--style=file", *map(str, files)],
        cwd=root,
        capture_output=True,
        text=True,
    )
    for line in run.stderr.splitlines():
        if "error:" in line:
            print(line)
    return 1 if run.returncode else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else tree.ROOT))

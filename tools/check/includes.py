"""Fails where a file includes a folder or a library that it must not know about."""
import pathlib
import re
import sys

import tree

# Libraries of one device stay behind kernels and the engine's runtime; and no header of ours may
# make every file that includes it pay for a large one.
DEVICE_LIBRARY = re.compile(r"(oneapi/)?(dnnl|cudnn|cublas|nccl)")
LARGE_HEADER = re.compile(r"nlohmann/json\.hpp|CLI/|stb_|stb/|turbojpeg")


def complaint(file, included):
    """What is wrong with `file` (a path from the root) including `included`, or None."""
    folder = file.parts[0]
    is_header = file.suffix in tree.HEADERS
    top = included.split("/")[0]
    if top in tree.MAY_INCLUDE and top != folder and top not in tree.MAY_INCLUDE[folder]:
        allowed = ", ".join(sorted(tree.MAY_INCLUDE[folder])) or "nothing else"
        return f"{folder}/ may include {allowed}, not {top}/"
    if DEVICE_LIBRARY.match(included):
        if is_header:
            return "libraries of a device belong in source files, not in headers"
        if folder not in ("kernels", "test") and file.parts[:2] != ("engine", "runtime"):
            return "libraries of a device belong in kernels/ and engine/runtime/, and their tests"
    if is_header and LARGE_HEADER.match(included):
        return "large headers belong in source files; where a header must name json, json_fwd.hpp"
    return None


def main(root):
    broken = 0
    for file in tree.files(root, tree.HEADERS | tree.SOURCES):
        for number, line in enumerate((root / file).read_text().splitlines(), 1):
            match = re.match(r'\s*#\s*include\s*["<]([^">]+)', line)
            problem = match and complaint(file, match.group(1))
            if problem:
                print(f"{file}:{number}: {match.group(1)}: {problem}")
                broken += 1
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else tree.ROOT))

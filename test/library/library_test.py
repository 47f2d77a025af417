"""docs/library.md, as who reads it does: installs the libraries, builds the page's program against them and
runs it.

    library_test.py BUILD_FOLDER      # in which everything is built
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs/library.md"


def run(*command, cwd=None):
    done = subprocess.run([str(word) for word in command], cwd=cwd, text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout}")
    return done.stdout


def block(language):
    found = re.findall(rf"(?ms)^```{language}\n(.*?)^```$", PAGE.read_text(encoding="utf-8"))
    if len(found) != 1:
        sys.exit(f"{PAGE}: expected one block of {language}, found {len(found)}")
    return found[0]


def main(build):
    with tempfile.TemporaryDirectory(prefix="auxtrain_library.") as name:
        folder = pathlib.Path(name)
        run("cmake", "--install", build, "--prefix", folder / "installed")
        (folder / "CMakeLists.txt").write_text(block("cmake"))
        (folder / "example.cpp").write_text(block("cpp"))
        run("cmake", "-S", folder, "-B", folder / "build", "-G", "Ninja",
            "-DCMAKE_BUILD_TYPE=Release", f"-DCMAKE_PREFIX_PATH={folder / 'installed'}")
        run("cmake", "--build", folder / "build")
        said = run(folder / "build/example", cwd=folder)
        print(said, end="")
        first, last = map(float, re.fullmatch(r"loss (\S+), after \d+ steps (\S+)\n", said).groups())
        if not last < 0.75 * first:
            sys.exit("the loss did not fall by a quarter")
        if not (folder / "example.safetensors").stat().st_size:
            sys.exit("no weights were written")
        print(run(folder / "installed/bin/auxtrain", "--version"), end="")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(os.path.abspath(sys.argv[1]))

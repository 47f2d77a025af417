"""The folders of the tree, from low to high, and the files that the checks read."""
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[2]

# A folder may include itself and these.
MAY_INCLUDE = {
    "kernels": set(),
    "engine": {"kernels"},
    "models": {"kernels", "engine"},
    "data": {"kernels"},
    "aux_training": {"kernels", "engine", "models", "data"},
    "tools": {"kernels", "engine", "models", "data", "aux_training"},
    "test": {"kernels", "engine", "models", "data", "aux_training", "tools"},
}
HEADERS = {".h", ".cuh"}
SOURCES = {".cpp", ".cu"}


def files(root, suffixes):
    """Every file below our folders with one of these suffixes, sorted, as paths from root."""
    return sorted(
        path.relative_to(root)
        for folder in MAY_INCLUDE
        for path in (root / folder).rglob("*")
        if path.suffix in suffixes
    )

#!/usr/bin/env python3
"""How much of a classifier's error on corrupted images comes from its running statistics.

    auxtrain corrupt cifar10 --data DIR --severities 3 --output DIR/severity-3
    python3 tools/reproduce/batch_statistics.py DIR/severity-3 RUN/primary.safetensors ...
        [--images N] [--batch N] [--json FILE]

Every batch norm normalises by running statistics, which are of clean training images, or by those
of the batch it is given, --batch images of one corruption (Schneider et al., NeurIPS 2020: a bound
on what a deployed classifier does, which sees one image at a time). Prints the mean errors over all
arrays of the folder, in percent; --json writes those of each. The modules are PyTorch's
(tools/compare/load_primary.py).
"""
import argparse
import pathlib
import statistics
import sys

import numpy as np
import torch

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "compare"))
import load_primary  # noqa: E402
import runs  # noqa: E402


def use_batch_statistics(model, wanted):
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.train(wanted)
            module.momentum = 0.0  # running statistics stay as they are


def error(model, metadata, images, labels, batch):
    channels_first = torch.from_numpy(images).permute(0, 3, 1, 2)
    return load_primary.count_errors(model, metadata, channels_first, labels, batch)[0] / len(labels)


def read_arrays(folder, images):
    """The first images of each corruption, [n, 32, 32, 3], and their labels."""
    labels = np.load(folder / "labels.npy")[:images]
    files = sorted(file for file in folder.glob("*.npy") if file.name != "labels.npy")
    if not files:
        raise ValueError(f"{folder}: expected arrays of auxtrain corrupt, found none")
    arrays = {file.stem: np.load(file, mmap_mode="r")[:images].copy() for file in files}
    return arrays, torch.from_numpy(labels.astype(np.int64))


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("files", nargs="+", metavar="primary.safetensors")
    parser.add_argument("--images", type=int, default=2000, help="of each array, the first")
    parser.add_argument("--batch", type=int, default=500)
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE")
    a = parser.parse_args()
    for option in ("images", "batch"):
        if getattr(a, option) < 1:
            parser.error(f"--{option}: expected at least 1, got {getattr(a, option)}")
    classifiers = []
    try:
        arrays, labels = read_arrays(a.folder, a.images)
        for file in a.files:
            model, metadata = load_primary.load(file)
            classifiers.append({"file": str(file)})
            for kind in ("running", "batch"):
                use_batch_statistics(model, kind == "batch")
                classifiers[-1][kind] = {
                    name: error(model, metadata, images, labels, a.batch)
                    for name, images in arrays.items()}
        if a.json:
            runs.write_json(a.json, {"images": len(labels), "batch": a.batch,
                                     "classifiers": classifiers})
    except (OSError, ValueError, RuntimeError, KeyError) as problem:
        sys.exit(f"batch_statistics.py: {problem}")
    rows = [[made["file"], *(f"{100 * statistics.mean(made[kind].values()):.2f}"
                             for kind in ("running", "batch"))] for made in classifiers]
    print(runs.markdown(["classifier", "running statistics", "the batch's"], rows), end="")


if __name__ == "__main__":
    main()

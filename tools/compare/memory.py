#!/usr/bin/env python3
"""Memory of a training step beside PyTorch's, with and without recompute.

    python3 tools/compare/memory.py --bench build/release/auxtrain-bench [--models resnet18,resnet20]
                                    [--precisions fp32,bf16] [--threads 2] [--json FILE]

What both sides count is activations and workspaces: all that a step takes beyond weights, gradients,
momentum and the batch, which are the same size on both. `planned` is auxtrain's arena, workspaces
included, beside the most that PyTorch's allocator had given out at one time, without what oneDNN
takes for itself. `resident` is the growth of the process as the system sees it, library memory
included. Ratios are auxtrain's over PyTorch's. PyTorch runs in the interpreter that runs this script
(Debian: python3-torch). Other programs do not disturb it.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import runs

HERE = pathlib.Path(__file__).resolve().parent
IMAGES = {"resnet18": 32, "resnet20": 128}  # per view
MEBIBYTE = 1 << 20


def run(command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"memory: {command[0]} failed: {(done.stderr.strip() or 'no message').splitlines()[-1]}")
    return done.stdout


def ours(bench, case, recompute):
    """Bytes by the plan and as the system sees them."""
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        run([bench, "--rows", "training", "--seconds", "0", "--model", case["model"],
             "--precision", case["precision"], "--images", str(case["images"]),
             "--threads", str(case["threads"]), "--json", file.name,
             *(["--recompute"] if recompute else [])])
        step = json.loads(pathlib.Path(file.name).read_text(encoding="utf-8"))["steps"][0]
    return {"planned": step["arena_bytes"],
            "resident": step["peak_resident_bytes"] - step["resident_before_bytes"] -
            step["lasting_bytes"]}


def pytorch(case):
    return json.loads(run([sys.executable, str(HERE / "memory_pytorch.py"),
                           *(f"--{key}={value}" for key, value in case.items())]))


def compare(case, peer, kept, recomputed):
    """One row of results, in bytes."""
    row = {**case, "peer": peer["peer"], "pytorch_saved": peer["saved"]}
    for way, theirs in (("planned", "allocated"), ("resident", "resident")):
        row[f"pytorch_{theirs}"] = peer[theirs]
        for name, own in (("auxtrain", kept), ("recompute", recomputed)):
            row[f"{name}_{way}"] = own[way]
            row[f"{name}_{way}_ratio"] = own[way] / peer[theirs]
    return row


def line_of(row):
    def mib(key):
        return f"{row[key] / MEBIBYTE:.0f}"

    cells = [f"{row['model']} 5x{row['images']} {row['precision']}"]
    for way, theirs in (("planned", "allocated"), ("resident", "resident")):
        cells.append(mib(f"pytorch_{theirs}"))
        for name in ("auxtrain", "recompute"):
            cells.append(f"{mib(f'{name}_{way}')} ({row[f'{name}_{way}_ratio']:.2f})")
    return "| " + " | ".join(cells) + " |"


HEAD = ("| MiB | PyTorch, allocated | auxtrain, planned | with recompute "
        "| PyTorch, resident | auxtrain | with recompute |\n|---|---|---|---|---|---|---|")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--bench", required=True, help="the program auxtrain-bench")
    parser.add_argument("--models", default="resnet18,resnet20")
    parser.add_argument("--precisions", default="fp32,bf16")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--images", type=int, help="per view, for trying this script out")
    parser.add_argument("--json", help="also write the rows to this file")
    a = parser.parse_args()
    rows = []
    print(HEAD, flush=True)
    for model in a.models.split(","):
        for precision in a.precisions.split(","):
            case = {"model": model, "images": a.images or IMAGES[model], "precision": precision,
                    "threads": a.threads}
            rows.append(compare(case, pytorch(case), ours(a.bench, case, False),
                                ours(a.bench, case, True)))
            print(line_of(rows[-1]), flush=True)
    if a.json:
        runs.write_json(a.json, rows)


if __name__ == "__main__":
    main()

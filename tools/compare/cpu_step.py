#!/usr/bin/env python3
"""A training step of auxtrain beside PyTorch's, on this CPU, in one run.

    python3 tools/compare/cpu_step.py --bench build/release/auxtrain-bench
                                      [--models resnet18,resnet20] [--threads 1,2] [--precisions fp32]

Runs both programs in turn, three rounds each by default, and prints the median view-images per
second of each, the ratio, and how far rounds differ. Close everything else first. PyTorch runs in
the interpreter that runs this script (Debian: python3-torch).
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
IMAGES = {"resnet18": 32, "resnet20": 128}  # per view


def run(command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"cpu_step: {command[0]} failed: {done.stderr.strip().splitlines()[-1]}")
    return json.loads(done.stdout)


def ours(bench, case):
    kind = "float" if case["precision"] == "fp32" else "bf16"
    name = f"{case['model']} training 5x{IMAGES[case['model']]} {kind}"
    result = run([bench, "--json", "-", "--filter", f"^{name}$", "--model", case["model"],
                  "--precision", case["precision"], "--threads", str(case["threads"])])
    return result["steps"][0]["view_images_per_second"]


def pytorch(case, layout):
    return run([sys.executable, str(HERE / "pytorch_step.py"), "--model", case["model"], "--images",
                str(IMAGES[case["model"]]), "--threads", str(case["threads"]), "--precision",
                case["precision"], "--layout", layout])


def measure(bench, case, layouts, rounds):
    own, peers, name = [], {layout: [] for layout in layouts}, ""
    for _ in range(rounds):
        own.append(ours(bench, case))
        for layout in layouts:
            result = pytorch(case, layout)
            name = result["peer"]
            peers[layout].append(result["view_images_per_second"])
    layout = max(layouts, key=lambda each: statistics.median(peers[each]))
    rates = peers[layout]
    return {**case, "peer": name, "peer_layout": layout,
            "auxtrain": statistics.median(own), "pytorch": statistics.median(rates),
            "ratio": statistics.median(own) / statistics.median(rates),
            "noise": max((max(r) - min(r)) / statistics.median(r) for r in (own, rates))}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--bench", required=True, help="the program auxtrain-bench")
    parser.add_argument("--models", default="resnet18,resnet20")
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--precisions", default="fp32")
    parser.add_argument("--layouts", default="channels_last,contiguous", help="of PyTorch")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", help="also write the rows to this file")
    a = parser.parse_args()
    rows = []
    print("| step | threads | precision | PyTorch | auxtrain | ratio | noise |")
    print("|---|---|---|---|---|---|---|", flush=True)
    for model in a.models.split(","):
        for threads in a.threads.split(","):
            for precision in a.precisions.split(","):
                case = {"model": model, "threads": int(threads), "precision": precision}
                row = measure(a.bench, case, a.layouts.split(","), a.rounds)
                rows.append(row)
                print(f"| {model} 5x{IMAGES[model]} | {threads} | {precision} | "
                      f"{row['pytorch']:.1f} ({row['peer_layout']}) | {row['auxtrain']:.1f} | "
                      f"{row['ratio']:.2f} | {row['noise']:.0%} |", flush=True)
    if a.json:
        pathlib.Path(a.json).write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()

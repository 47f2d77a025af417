#!/usr/bin/env python3
"""What tools/gpu_check.sh has left in a folder, as summary.md and summary.json: summary.py FOLDER"""
import json
import pathlib
import sys


def read(path):
    """The JSON of a file, or of its last line; nothing where there is none."""
    text = path.read_text().strip() if path.exists() else ""
    try:
        return json.loads(text)
    except ValueError:
        try:
            return json.loads(text.splitlines()[-1])
        except (ValueError, IndexError):
            return None


def table(head, body):
    lines = [head, ["---"] * len(head), *body]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines) + "\n"


def steps_of(result):
    return (result or {}).get("steps", [])


def kernel_table(kernels):
    rows = sorted(kernels["operations"], key=lambda row: row["share_of_ceiling"])
    body = [[row["where"], row["kernel"], row["type"], f"{row['median_seconds'] * 1e6:.1f}",
             f"{row['noise']:.0%}", f"{row['share_of_ceiling']:.0%}"] for row in rows]
    return (f"Copy bandwidth {kernels['copy_bytes_per_second'] / 1e9:,.0f} GB/s.\n\n" +
            table(["operation", "kernel", "type", "us", "noise", "of copy bandwidth"], body))


def step_table(steps):
    return table(["step", "ms", "noise", "view-images/s"],
                 [[row["name"], f"{row['median_seconds'] * 1e3:.3f}", f"{row['noise']:.0%}",
                   f"{row['view_images_per_second']:,.0f}"] for row in steps])


def peer_rows(folder):
    """Ours, the slower of before and after, beside each form of PyTorch's."""
    own = [row["view_images_per_second"] for name in ("ours_before", "ours_after")
           for row in steps_of(read(folder / f"{name}.json"))]
    peers = [peer for file in sorted(folder.glob("pytorch_*.json")) if (peer := read(file))]
    if not own:
        return []
    return [{"form": peer["form"], "precision": peer["precision"], "peer": peer["peer"],
             "pytorch": peer["view_images_per_second"], "auxtrain": min(own),
             "ratio": min(own) / peer["view_images_per_second"]} for peer in peers]


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: summary.py FOLDER")
    folder = pathlib.Path(sys.argv[1])
    stages = [stage for file in sorted(folder.glob("*.stage.json")) if (stage := read(file))]
    kernels, step = read(folder / "kernels.json"), read(folder / "step.json")
    peers, errors = peer_rows(folder), read(folder / "errors.json")
    text = "# GPU check\n\n" + table(
        ["stage", "", "seconds"],
        [[s["stage"], "done" if s["code"] == 0 else f"failed ({s['code']})", s["seconds"]]
         for s in stages])
    if steps_of(step):
        text += "\n## Steps\n\n" + step_table(steps_of(step))
    if peers:
        text += "\n## Training step beside PyTorch, view-images/s\n\n" + table(
            ["form", "precision", "PyTorch", "auxtrain", "ratio"],
            [[p["form"], p["precision"], f"{p['pytorch']:,.0f}", f"{p['auxtrain']:,.0f}",
              f"**{p['ratio']:.2f}**"] for p in peers])
    if kernels:
        text += "\n## Kernels\n\n" + kernel_table(kernels)
    (folder / "summary.md").write_text(text)
    (folder / "summary.json").write_text(json.dumps(
        {"stages": stages, "steps": steps_of(step), "peers": peers, "errors": errors,
         "kernels": (kernels or {}).get("operations", [])}, indent=1) + "\n")
    print(text, end="")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""What tools/gpu_check.sh has left in a folder, as summary.md and summary.json: summary.py FOLDER"""
import json
import pathlib
import sys

CIFAR_IMAGES = 50_000  # to train with


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


def why(folder, stage):
    """The last line that a stage which failed has printed."""
    log = folder / f"{stage['stage']}.log"
    lines = log.read_text(errors="replace").split("\n") if stage["code"] and log.exists() else []
    return next((line.strip().replace("|", "/") for line in reversed(lines) if line.strip()), "")


def peer_rows(folder):
    """Ours, the slowest of before and after, beside each form of PyTorch's."""
    own = [row["view_images_per_second"] for file in sorted(folder.glob("ours_*.json"))
           for row in steps_of(read(file))]
    peers = [peer for file in sorted(folder.glob("pytorch_*_*.json")) if (peer := read(file))]
    if not own:
        return []
    return [{"form": peer["form"], "precision": peer["precision"], "peer": peer["peer"],
             "pytorch": peer["view_images_per_second"], "auxtrain": min(own),
             "ratio": min(own) / peer["view_images_per_second"]} for peer in peers]


def schedule_rows(folder):
    """How long the paper's trainings take: epochs of measured steps, evaluations not counted."""
    seconds = {row["name"]: row["median_seconds"] for name in ("step", "step_standard")
               for row in steps_of(read(folder / f"{name}.json"))}
    rows = []
    for file in sorted(folder.glob("*.recipe.json")):
        recipe = read(file)
        if recipe is None:
            continue
        views = 1 + len(recipe["method"]["corruptions"]) * (recipe["method"]["name"] == "auxiliary")
        batch, epochs = recipe["data"]["batch"], recipe["schedule"]["epochs"]
        step = seconds.get(f"{recipe['model']['name']} training {views}x{batch} bf16")
        if step:
            steps = CIFAR_IMAGES // batch
            rows.append({"recipe": file.name.removesuffix(".recipe.json"), "epochs": epochs,
                         "steps_per_epoch": steps, "step_seconds": step,
                         "hours": epochs * steps * step / 3600})
    return rows


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: summary.py FOLDER")
    folder = pathlib.Path(sys.argv[1])
    stages = [stage for file in sorted(folder.glob("*.stage.json")) if (stage := read(file))]
    kernels, step = read(folder / "kernels.json"), read(folder / "step.json")
    peers, errors = peer_rows(folder), read(folder / "errors.json")
    schedule, whole = schedule_rows(folder), read(folder / "whole.json")
    peer_training = read(folder / "whole_pytorch.json")
    for stage in stages:
        stage["why"] = why(folder, stage)
    text = "# GPU check\n\n" + table(
        ["stage", "", "seconds", "its last words"],
        [[s["stage"], "done" if s["code"] == 0 else f"failed ({s['code']})", s["seconds"], s["why"]]
         for s in stages])
    if steps_of(step):
        text += "\n## Steps\n\n" + step_table(steps_of(step))
    if peers:
        text += "\n## Training step beside PyTorch, view-images/s\n\n" + table(
            ["form", "precision", "PyTorch", "auxtrain", "ratio"],
            [[p["form"], p["precision"], f"{p['pytorch']:,.0f}", f"{p['auxtrain']:,.0f}",
              f"**{p['ratio']:.2f}**"] for p in peers])
    if schedule:
        text += "\n## The paper's trainings, in steps as measured, without evaluations\n\n" + table(
            ["recipe", "epochs", "steps of each", "ms", "hours"],
            [[r["recipe"], r["epochs"], r["steps_per_epoch"], f"{r['step_seconds'] * 1e3:.3f}",
              f"{r['hours']:.2f}"] for r in schedule])
    if whole:
        each = whole["seconds"] / whole["epochs"]
        text += (f"\n{whole['recipe']}: {whole['epochs']} epochs took {whole['seconds']} s with their "
                 f"evaluations and the start; 300 of these would take {300 * each / 3600:.1f} h.\n")
    if errors:
        text += f"Of the clean test images {errors['clean']['top1_error']:.2%} are wrong afterwards.\n"
    if peer_training:
        text += (f"{peer_training['peer']}: {peer_training['epochs']} epochs took "
                 f"{peer_training['seconds']:.0f} s, {peer_training['top1_errors'][-1]:.2%} are wrong.\n")
    if kernels:
        text += "\n## Kernels\n\n" + kernel_table(kernels)
    (folder / "summary.md").write_text(text)
    (folder / "summary.json").write_text(json.dumps(
        {"stages": stages, "steps": steps_of(step), "peers": peers, "schedule": schedule,
         "training": whole, "peer_training": peer_training, "errors": errors,
         "kernels": (kernels or {}).get("operations", [])}, indent=1) + "\n")
    print(text, end="")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Training and inference steps of auxtrain beside PyTorch's, on this CPU, in one run.

    python3 tools/compare/cpu_speed.py --bench build/release/auxtrain-bench
        [--pytorch PYTHON[,PYTHON]] [--modes training,inference] [--models resnet18,resnet20]
        [--threads 1,2] [--precisions fp32,bf16] [--rounds 3] [--json FILE] [--markdown FILE]

--pytorch names interpreters that have PyTorch, other releases of it say; by default the one that
runs this script. First every form of PyTorch's step (layout, transposed convolution, torch.compile,
folded or frozen for inference: see pytorch_step.py) runs once, at the most threads; the fastest is
the peer. Then auxtrain and the peers run in turn. Printed are view-images per second, the median of
the rounds; auxtrain's ratio to each peer and to the faster one; and how far rounds differ, the worse of both. Close
everything else first.
"""
import argparse
import collections
import itertools
import pathlib
import sys

import runs

HERE = pathlib.Path(__file__).resolve().parent
IMAGES = {"training": {"resnet18": 32, "resnet20": 128},  # per view
          "inference": {"resnet18": 128, "resnet20": 128}}
VIEWS = {"training": 5, "inference": 1}
LAYOUTS = ["channels_last", "contiguous"]
FORMS = {
    "training": [*LAYOUTS, "native", "compiled", "contiguous,compiled"],
    "inference": [*LAYOUTS, *(f"{layout},folded" for layout in LAYOUTS), "frozen",
                  "contiguous,frozen", "folded,compiled"],
}
BF16_FORMS = {"training": [], "inference": ["folded,converted", "contiguous,folded,converted",
                                            "folded,converted,compiled"]}

Case = collections.namedtuple("Case", "mode model precision threads")


def forms_of(case):
    extra = BF16_FORMS[case.mode] if case.precision == "bf16" else []
    return FORMS[case.mode] + extra


def step_name(case, images):
    """As auxtrain-bench calls it."""
    kind = "float" if case.precision == "fp32" else "bf16"
    return f"{case.model} {case.mode} {VIEWS[case.mode]}x{images} {kind}"


def ours(a, case, images):
    result = runs.run_json([a.bench, "--json", "-", "--rows", case.mode, "--filter",
                            f"^{step_name(case, images)}$", "--model", case.model, "--precision",
                            case.precision, "--threads", case.threads, "--images", images,
                            "--seconds", a.seconds])
    return result["steps"][0]["view_images_per_second"]


def pytorch(a, python, case, images, form, steps=5, seconds=None):
    return runs.run_json([python, HERE / "pytorch_step.py", "--mode", case.mode, "--model",
                          case.model, "--images", images, "--threads", case.threads,
                          "--precision", case.precision, "--form", form, "--steps", steps,
                          "--seconds", a.seconds if seconds is None else seconds])


def rank(tried):
    """The forms that ran, fastest first, from {form: result or None}. A form that computes something
    else than the others' median does not count."""
    ran = {form: result for form, result in tried.items() if result}
    if not ran:
        return []
    values = sorted(result["result"] for result in ran.values())
    middle = values[len(values) // 2]
    agree = [form for form, result in ran.items()
             if abs(result["result"] - middle) <= 0.02 * abs(middle)]
    return sorted(agree, key=lambda form: -ran[form]["view_images_per_second"])


def qualify(a, python, case, images, progress):
    """Each form once, shortly."""
    tried = {}
    for form in a.forms or forms_of(case):
        def once(form=form):
            try:
                return pytorch(a, python, case, images, form, steps=3, seconds=a.seconds / 2)
            except runs.Failed as error:
                print(f"  without {form}: {error}", file=sys.stderr)
                return None
        tried[form] = progress.run(f"{python}: {step_name(case, images)}, {form}", once)
    return tried


def row_of(case, images, own, peers):
    """own: rates by round; peers: {name: (form, rates)}."""
    rate, own_noise = runs.median_and_noise(own)
    columns, best, noise = {}, None, 0.0
    for name, (form, rates) in peers.items():
        middle, peer_noise = runs.median_and_noise(rates)
        columns[name] = {"form": form, "rate": middle, "noise": peer_noise, "rounds": rates}
        if best is None or middle > columns[best]["rate"]:
            best, noise = name, peer_noise
    return {**case._asdict(), "views": VIEWS[case.mode], "images": images, "auxtrain": rate,
            "auxtrain_rounds": own, "peers": columns, "best_peer": best,
            "ratio": rate / columns[best]["rate"] if best else None,
            "noise": max(own_noise, noise)}


def across(rows):
    """Our float against PyTorch's bf16, where both were measured: [(row of float, of bf16, ratio)]."""
    key = lambda row: (row["mode"], row["model"], row["threads"])  # noqa: E731
    narrow = {key(row): row for row in rows if row["precision"] == "bf16" and row["best_peer"]}
    result = []
    for row in rows:
        other = narrow.get(key(row))
        if row["precision"] == "fp32" and other:
            rate = other["peers"][other["best_peer"]]["rate"]
            result.append((row, other, row["auxtrain"] / rate))
    return result


def tables(rows):
    names = sorted({name for row in rows for name in row["peers"]})
    label = lambda row: f"{row['model']} {row['mode']} {row['views']}x{row['images']}"  # noqa: E731
    body = []
    for row in rows:
        peers = [f"{peer['rate']:.1f}, {row['auxtrain'] / peer['rate']:.2f}x ({peer['form']})"
                 if peer else "-" for peer in (row["peers"].get(name) for name in names)]
        ratio = "-" if row["ratio"] is None else f"**{row['ratio']:.2f}**"
        body.append([label(row), str(row["threads"]), row["precision"], *peers,
                     f"{row['auxtrain']:.1f}", ratio, f"{row['noise']:.0%}"])
    text = runs.markdown(["step", "threads", "precision", *names, "auxtrain", "ratio", "noise"], body)
    mixed = [[label(row), str(row["threads"]),
              f"{other['peers'][other['best_peer']]['rate']:.1f} ({other['best_peer']})",
              f"{row['auxtrain']:.1f}", f"**{ratio:.2f}**"] for row, other, ratio in across(rows)]
    if mixed:
        text += "\n" + runs.markdown(
            ["step", "threads", "PyTorch in bf16", "auxtrain in float", "ratio"], mixed)
    return text


def measure(a, cases, images_of):
    """A row for each case, written down as soon as it is known."""
    most = max(a.threads)
    kinds = list(dict.fromkeys(case._replace(threads=most) for case in cases))
    progress = runs.Progress(sum(len(a.forms or forms_of(kind)) for kind in kinds) * len(a.pytorch) +
                             len(cases) * a.rounds * (1 + len(a.pytorch)))
    rows = []
    for kind in kinds:
        images = images_of(kind)
        tried = {python: qualify(a, python, kind, images, progress) for python in a.pytorch}
        best = {python: ranked[0] for python in a.pytorch if (ranked := rank(tried[python]))}
        for case in (kind._replace(threads=threads) for threads in a.threads):
            own, rates, names = [], {python: [] for python in best}, {}
            for _ in range(a.rounds):
                own.append(progress.run(f"auxtrain: {step_name(case, images)}, threads "
                                        f"{case.threads}", lambda: ours(a, case, images)))
                for python, form in best.items():
                    result = progress.run(
                        f"{python}: {step_name(case, images)}, threads {case.threads}",
                        lambda: pytorch(a, python, case, images, form))
                    rates[python].append(result["view_images_per_second"])
                    names[python] = result["peer"]
            rows.append(row_of(case, images, own,
                               {names[python]: (best[python], rates[python]) for python in best}))
            rows[-1]["busy"] = progress.busiest
            rows[-1]["forms"] = {python: {form: result and result["view_images_per_second"]
                                          for form, result in tried[python].items()}
                                 for python in a.pytorch}
            if a.json:
                runs.write_json(a.json, rows)
            if progress.busiest > runs.MOST_BUSY:
                print(f"warning: others took up to {progress.busiest:.0%} of the machine",
                      file=sys.stderr)
            progress.busiest = 0.0
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    words = lambda text: text.split(",")  # noqa: E731
    parser.add_argument("--bench", required=True, help="the program auxtrain-bench")
    parser.add_argument("--pytorch", type=words, default=[sys.executable],
                        help="interpreters that have PyTorch")
    parser.add_argument("--modes", type=words, default=["training", "inference"])
    parser.add_argument("--models", type=words, default=["resnet18", "resnet20"])
    parser.add_argument("--threads", type=lambda text: [int(n) for n in text.split(",")],
                        default=[1, 2])
    parser.add_argument("--precisions", type=words, default=["fp32", "bf16"])
    parser.add_argument("--forms", type=lambda text: text.split(";"),
                        help="of PyTorch, instead of all that fit: FORM;FORM")
    parser.add_argument("--images", type=int, help="per view, for every step")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2, help="timed at least, and five steps")
    parser.add_argument("--even-if-busy", action="store_true", help="to try the script")
    parser.add_argument("--json", help="also write the rows to this file, after each of them")
    parser.add_argument("--markdown", help="also write the tables to this file")
    a = parser.parse_args()
    for python in a.pytorch:
        try:
            runs.run_json([python, "-c", "import torch; print('{}')"])
        except (runs.Failed, OSError) as error:
            parser.error(f"--pytorch: expected interpreters that have PyTorch: {error}")
    runs.require_quiet(a.even_if_busy)
    cases = [Case(*each) for each in itertools.product(a.modes, a.models, a.precisions, a.threads)]
    text = tables(measure(a, cases, lambda case: a.images or IMAGES[case.mode][case.model]))
    print(text, end="")
    if a.markdown:
        runs.write_text(a.markdown, text)


if __name__ == "__main__":
    main()

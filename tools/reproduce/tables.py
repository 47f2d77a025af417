"""The tables of docs/reproduction.md, in markdown, of runs as report.py reads them."""
import math
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "compare"))
from runs import markdown  # noqa: E402

Z = 1.96  # standard deviations on either side: 95%

# What the figure and the table by corruption show, and what the figure calls it.
SHOWN = {"standard": "standard", "data-augmentation": "data augmentation", "auxiliary": "auxiliary",
         "without-selective-batch-norm": "auxiliary, joint BN",
         "without-merging": "auxiliary, unmerged", "standard-equal": "standard, 5x epochs",
         "data-augmentation-equal": "data augm., 5x epochs"}


def interval(share, images):
    """Wilson's, for 95%, as evaluate gives it for single corruptions."""
    z = Z
    middle = (share + z * z / (2 * images)) / (1 + z * z / images)
    half = z * math.sqrt(share * (1 - share) / images + z * z / (4 * images * images)) / (1 + z * z / images)
    return middle - half, middle + half


def percent(share):
    return f"{100 * share:.2f}"


def with_interval(share, images):
    return f"{percent(share)} ({', '.join(percent(end) for end in interval(share, images))})"


def method_of(run):
    return run["recipe"]["method"]["name"]


def minutes(run):
    seconds = [line["seconds"] for line in run["log"] if line["kind"] == "epoch"]
    return min(seconds) * len(seconds) / 60


def mean_ce(runs, run):
    """None where there is no AlexNet of the data set."""
    if "alexnet" not in runs or run["dataset"] != runs["alexnet"]["dataset"]:
        return None
    baseline = runs["alexnet"]["corruptions"]
    ratios = [kind["mean_error"] / baseline[name]["mean_error"]
              for name, kind in run["corruptions"].items()]
    return sum(ratios) / len(ratios)


def summary(runs):
    rows = []
    for name, run in runs.items():
        training, images, ce = run["training"], run["images"], mean_ce(runs, run)
        rows.append([f"`{name}`", str(training["epochs"]), f"{training['view_images'] / 1e6:.2f}",
                     f"{minutes(run):.0f}",
                     with_interval(run["clean"]["top1_error"], images),
                     with_interval(run["mean_error_19"], images),
                     percent(run["mean_error_near_training"]), percent(run["mean_error_unseen"]),
                     f"{ce:.3f}" if ce else ""])
    return markdown(["run", "epochs", "view-images, millions", "minutes", "clean", "corrupted", "near",
                     "unseen", "CE"], rows)


def difference(share, other, images):
    """In points, with its interval for 95%, as if the two had been given images of their own: on
    the same ones it is narrower."""
    half = Z * math.sqrt((share * (1 - share) + other * (1 - other)) / images)
    return (f"{100 * (share - other):+.1f} "
            f"({100 * (share - other - half):+.1f}, {100 * (share - other + half):+.1f})")


def of_seed(seed, alike):
    """Of {name: seed} those of this seed, or else of the first."""
    wanted = seed if seed in alike.values() else 1
    return [name for name, of in alike.items() if of == wanted]


def standard_beside(runs, name):
    """The standard trainings of as many epochs or view-images."""
    run = runs[name]
    if method_of(run) == "standard":
        return []
    return of_seed(run["recipe"]["seed"], {
        beside: other["recipe"]["seed"] for beside, other in runs.items()
        if method_of(other) == "standard" and
        all(run[key] == other[key] for key in ("dataset", "model")) and
        any(run["training"][key] == other["training"][key] for key in ("epochs", "view_images"))})


def auxiliary_beside(runs, name):
    """The run of the whole method, where this one lacks or changes a part of it."""
    run, whole = runs[name], [other for other in ("auxiliary", "auxiliary-seed2", "cifar100-auxiliary")
                              if other in runs]
    if method_of(run) != "auxiliary" or name in whole:
        return []
    return of_seed(run["recipe"]["seed"], {beside: runs[beside]["recipe"]["seed"] for beside in whole
                                           if runs[beside]["dataset"] == run["dataset"]})


def against(runs, find_beside):
    rows = []
    for name, run in runs.items():
        for beside in find_beside(runs, name):
            other, images = runs[beside], run["images"]
            pairs = [(run["clean"]["top1_error"], other["clean"]["top1_error"]),
                     *((run[key], other[key]) for key in
                       ("mean_error_19", "mean_error_near_training", "mean_error_unseen")),
                     (mean_ce(runs, run), mean_ce(runs, other))]
            rows.append([f"`{name}`", f"`{beside}`", *(difference(*pair, images) for pair in pairs[:2]),
                         *(f"{ours / theirs:.2f}" if ours else "" for ours, theirs in pairs)])
    return markdown(["run", "beside", "clean, points", "corrupted, points", "ratio, clean", "corrupted",
                     "near", "unseen", "CE"], rows)


def corruptions(runs):
    names = [name for name in SHOWN if name in runs]
    kinds = runs[names[0]]["corruptions"] if names else {}
    return markdown(["error", *names], [
        [f"`{kind}`", *(percent(runs[name]["corruptions"][kind]["mean_error"]) for name in names)]
        for kind in kinds])


def heads(runs):
    rows = []
    for name, run in runs.items():
        for head in [{"view": "primary", **run}, *run["heads"]] if "heads" in run else []:
            rows.append([f"`{name}`", head["view"], percent(head["clean"]["top1_error"]),
                         percent(head["mean_error_19"]), percent(head["mean_error_near_training"]),
                         percent(head["mean_error_unseen"])])
    return markdown(["run", "classifier", "clean", "corrupted", "near", "unseen"], rows)


def distances(runs):
    """Largest relative distance of a head from the primary classifier, before stage 2 and in it."""
    rows = []
    for name, run in runs.items():
        first = run["recipe"]["method"]["stage2_epoch"]  # epochs that are over when it begins
        epochs = [max(line["head_distance"], default=None) for line in run["log"]
                  if line["kind"] == "epoch"]
        steps = [max(line["head_distance"]) for line in run["log"]
                 if line["kind"] == "step" and line["epoch"] == first + 1 and line.get("head_distance")]
        if None not in epochs and len(epochs) > first > 0:
            rows.append([f"`{name}`", f"{epochs[first - 1]:.3f}",
                         ", ".join(f"{distance:.4f}" for distance in steps[:3]),
                         ", ".join(f"{distance:.4f}" for distance in epochs[first:])])
    return markdown(["run", "before stage 2", "after 50, 100, 150 steps", "after each epoch"], rows)


TABLES = {
    "runs": summary,
    "against standard": lambda runs: against(runs, standard_beside),
    "against auxiliary": lambda runs: against(runs, auxiliary_beside),
    "corruptions": corruptions,
    "distances": distances,
    "classifiers": heads,
}

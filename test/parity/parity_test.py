"""Every backbone, with every stem, against PyTorch: logits and gradients on the same weights.

    parity_test.py PARITY_STEP [REGEX]      # of "MODEL STEM", to run a part

For each, PARITY_STEP (step.cpp) writes a step on 2 views of 4 images: weights, batch, logits,
gradients. The same step in PyTorch, by torchvision's module where torchvision has it, says what is
right: per tensor |ours - theirs| / |theirs| may be 1e-4 for logits and running statistics, 1e-3 for
gradients.

Rounding moves a few of millions of numbers across the kink of a ReLU, or makes another one the
largest of its window; gradients then differ by far more than rounding, and neither side is wrong.
So PyTorch is told how we decided, and decides the same; where the two differ by more than rounding
explains, that is an error. Skips (77) where PyTorch or torchvision is missing.
"""
import importlib.util
import os
import pathlib
import re
import subprocess
import sys
import tempfile
from unittest import mock

SKIPPED = 77
VIEWS, IMAGES, CLASSES = 2, 4, 10
ALPHA, LAMBDA, TEMPERATURE, GAMMA = 0.5, 0.25, 2.0, 0.125  # as in step.cpp
SEED_LOW, SEED_HIGH, STEP = 5, 9, 3
ROUNDING = 1e-4  # of numbers, in their standard deviation: when they are as good as equal

DEBIANS = "/usr/bin/python3"  # what apt installs is for this one

missing = [name for name in ("torch", "torchvision") if not importlib.util.find_spec(name)]
if missing and os.access(DEBIANS, os.X_OK) and not os.path.samefile(sys.executable, DEBIANS):
    os.execv(DEBIANS, [DEBIANS, "-B", *sys.argv])
if missing:
    print("skipped: not installed here:", *(f"python3-{name}" for name in missing))
    sys.exit(SKIPPED)

TEST = pathlib.Path(__file__).resolve().parents[1]
sys.path += [str(TEST / "golden"), str(TEST.parent / "tools/compare")]

import numpy as np  # noqa: E402
import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402
import torchvision  # noqa: E402
from torch import nn  # noqa: E402

import load_primary  # noqa: E402
from modules import AuxiliaryHead, SelectiveBatchNorm  # noqa: E402

RESNETS = ("resnet18", "resnet34", "resnet50", "resnet101", "wide_resnet50_2", "resnext50_32x4d")
CASES = [  # model, stem, width (0: its own), size of the images, method
    ("resnet20", "cifar", 0, 32, "standard"),
    *((name, "cifar", 0, 32, "standard") for name in RESNETS),
    *((name, "imagenet", 0, 64, "standard") for name in RESNETS),
    ("alexnet", "cifar", 0, 32, "standard"),
    ("alexnet", "imagenet", 0, 224, "standard"),
    ("resnet50", "cifar", 16, 32, "auxiliary"),
]
LIMITS = {"logits": 1e-4, "inference": 1e-4, "statistic": 1e-4, "gradient": 1e-3}


class KnownDropout(nn.Module):
    """Keeps what the words of Philox4x32-10 (Salmon et al. 2011) say, whose counter is
    (element / 4, 8, layer, step); elements are counted in `order`, that of channels-last maps."""

    def __init__(self, layer, order):
        super().__init__()
        count = len(order)
        counter = np.zeros((4, -(-count // 4)), np.uint64)
        counter[0], counter[1], counter[2], counter[3] = np.arange(counter.shape[1]), 8, layer, STEP
        key = [SEED_LOW, SEED_HIGH]
        low = np.uint64(0xFFFFFFFF)
        for _ in range(10):
            first, second = counter[0] * np.uint64(0xD2511F53), counter[2] * np.uint64(0xCD9E8D57)
            counter = np.stack([(second >> np.uint64(32)) ^ counter[1] ^ np.uint64(key[0]),
                                second & low,
                                (first >> np.uint64(32)) ^ counter[3] ^ np.uint64(key[1]),
                                first & low])
            key = [(key[0] + 0x9E3779B9) % 2**32, (key[1] + 0xBB67AE85) % 2**32]
        kept = counter.T.ravel()[:count] >= np.uint64(2**31)
        self.kept = torch.from_numpy(kept[order])

    def forward(self, x):
        return 2 * x * self.kept.view(x.shape) if self.training else x


def channels_last(images, channels, height, width):
    """Where the elements of [images, channels, height, width] are in channels-last memory."""
    order = np.arange(images * channels * height * width)
    return order.reshape(images, height, width, channels).transpose(0, 3, 1, 2).ravel()


def build(model, stem, width):
    if width or (model, stem) == ("alexnet", "cifar") or model == "resnet20":
        return load_primary.build(model, stem, CLASSES, width or None)
    module = getattr(torchvision.models, model)(num_classes=CLASSES)
    if model == "alexnet":
        images, linear = VIEWS * IMAGES, module.classifier[1]
        module.classifier[0] = KnownDropout(0, channels_last(images, 256, 6, 6))
        module.classifier[3] = KnownDropout(1, np.arange(images * linear.out_features))
    elif stem == "cifar":
        module.conv1 = nn.Conv2d(3, 64, 3, 1, 1, bias=False)
        module.maxpool = nn.Identity()
    return module


def logits_and_loss(module, images, labels):
    if not hasattr(module, "auxiliary"):
        logits = module(images)
        return logits, F.cross_entropy(logits, labels.flatten())
    maps = {}
    hook = module.layer4.register_forward_hook(lambda layer, given, made: maps.update(last=made))
    module(images)
    hook.remove()
    clean, corrupted = maps["last"].chunk(VIEWS)
    head = module.auxiliary["1"]
    logits = [module.fc(clean.mean((2, 3))), head(corrupted)]
    t = TEMPERATURE
    log_p, log_q = F.log_softmax(logits[0].detach() / t, 1), F.log_softmax(logits[1] / t, 1)
    loss = (F.cross_entropy(logits[0], labels) + ALPHA * F.cross_entropy(logits[1], labels)
            + LAMBDA * t * t * (log_p.exp() * (log_p - log_q)).sum(1).mean()
            + GAMMA * ((module.fc.weight - head.fc.weight).square().sum()
                       + (module.fc.bias - head.fc.bias).square().sum()))
    return torch.cat(logits), loss


class Decisions:
    """ReLU and max-pooling that decide as our step did, in the order in which it was asked."""

    def __init__(self, ours):
        def in_order(name):
            return iter([ours[f"{name}.{i}"] for i in range(sum(key.startswith(f"{name}.")
                                                                 for key in ours))])
        self.relus, self.pools = in_order("relu"), in_order("argmax")

    def relu(self, x, inplace=False):
        ours = channels_first(next(self.relus)) if x.dim() == 4 else next(self.relus)
        passing = ours.view(x.shape) > 0
        differing = x[passing != (x > 0)]
        if len(differing) and differing.abs().max() > ROUNDING * x.std():
            raise ValueError(f"a ReLU of {list(x.shape)} differs where its argument is "
                             f"{differing.abs().max():.1e}")
        return x * passing

    def max_pool(self, x, kernel, stride=None, padding=0, *_, **__):
        place = channels_first(next(self.pools)).long()
        images, channels, height, width = place.shape
        padded = F.pad(x, [padding] * 4, value=-torch.inf)
        windows = F.unfold(padded, kernel, stride=stride or kernel)
        windows = windows.view(images, channels, kernel * kernel, height, width)
        chosen = windows.gather(2, place[:, :, None])[:, :, 0]
        if (windows.amax(2) - chosen).max() > ROUNDING * x.std():
            raise ValueError(f"a maximum of {list(x.shape)} is not the largest of its window")
        return chosen

    def all_asked(self):
        return next(self.relus, None) is None and next(self.pools, None) is None


def channels_first(x):
    """[views, images, height, width, channels] -> [views * images, channels, height, width]."""
    return x.flatten(0, 1).permute(0, 3, 1, 2)


def pytorch_step(module, ours):
    """What step.cpp writes, from PyTorch: name -> tensor."""
    weights = {name[len("weight."):]: value for name, value in ours.items()
               if name.startswith("weight.")}
    fresh = {name: value for name, value in module.state_dict().items()
             if name.endswith(("running_mean", "running_var", "num_batches_tracked"))}
    module.load_state_dict({**weights, **fresh}, strict=True)
    images = channels_first(ours["images"]).contiguous()
    decisions = Decisions(ours)
    with (mock.patch.object(F, "relu", decisions.relu),
          mock.patch.object(F, "max_pool2d", decisions.max_pool)):
        logits, loss = logits_and_loss(module.train(), images, ours["labels"].long())
    if not decisions.all_asked():
        raise ValueError("our step has more ReLUs or max-pools")
    loss.backward()
    made = {"logits": logits.detach()}
    made.update((f"gradient.{name}", parameter.grad) for name, parameter in module.named_parameters())
    made.update((f"statistic.{name}", value) for name, value in module.state_dict().items()
                if "running_" in name)
    with torch.no_grad():
        SelectiveBatchNorm.views = 1
        made["inference"] = module.eval()(images)
        SelectiveBatchNorm.views = VIEWS
    return made


def is_cancelled(name):
    """Biases in front of a batch norm: their true gradient is zero."""
    return ".bottleneck.conv" in name and name.endswith("bias")


def error_of(name, ours, theirs):
    """|ours - theirs| / |theirs|; of cancelled biases, over the gradient of their weight."""
    norm = theirs[name.replace(".bias", ".weight") if is_cancelled(name) else name].norm()
    return ((ours[name].view(theirs[name].shape) - theirs[name]).norm() / norm).item()


def compare(ours, theirs):
    """kind -> (error, name), of the tensor that is farthest off."""
    names = {name for name in ours if name.split(".")[0] in LIMITS}
    if names != set(theirs):
        raise ValueError(f"not in both: {sorted(names ^ set(theirs))[:5]}")
    worst = {}
    for name in sorted(names):
        kind, error = name.split(".")[0], error_of(name, ours, theirs)
        if kind not in worst or not error <= worst[kind][0]:
            worst[kind] = (error, name)
    return worst


def run(program, case, folder):
    model, stem, width, _, method = case
    file = folder / "step.safetensors"
    subprocess.run([program, *map(str, case), str(file)], check=True)
    ours, _ = load_primary.read_safetensors(file, ("F32", "I32", "U8"))
    file.unlink()
    module = build(model, stem, width)
    for layer in module.modules():
        if type(layer) is nn.BatchNorm2d:
            layer.__class__ = SelectiveBatchNorm
    if method == "auxiliary":
        module.auxiliary = nn.ModuleDict({"1": AuxiliaryHead(module.fc.in_features, CLASSES)})
    return compare(ours, pytorch_step(module, ours))


def main(program, wanted):
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    SelectiveBatchNorm.views = VIEWS
    failed = 0
    print(f"{'model':16} {'stem':9} {'method':10}" + "".join(f"{kind:>11}" for kind in LIMITS))
    with tempfile.TemporaryDirectory(prefix="auxtrain_parity.") as folder:
        for case in CASES:
            if not re.search(wanted, " ".join(case[:2])):
                continue
            worst = run(program, case, pathlib.Path(folder))
            errors = "".join(f"{worst[kind][0]:11.1e}" if kind in worst else f"{'-':>11}"
                             for kind in LIMITS)
            print(f"{case[0]:16} {case[1]:9} {case[4]:10}{errors}  of "
                  f"{worst['gradient'][1].split('.', 1)[1]}", flush=True)
            wrong = [(name, error) for kind, (error, name) in worst.items()
                     if not error <= LIMITS[kind]]
            for name, error in wrong:
                print(f"    WRONG: {name} is off by {error:.1e}")
            failed += bool(wrong)
    return 1 if failed else 0


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else ""))

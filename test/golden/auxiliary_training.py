#!/usr/bin/env python3
"""Golden values of auxiliary training: ten steps in PyTorch, written independently of our engine.

    python3 test/golden/auxiliary_training.py       # needs PyTorch; some seconds

Writes auxiliary_training.json and auxiliary_training.safetensors beside this script. The numbers
are those of a float64 run, rounded to float; the same run in float32 says how far rounding alone
carries each of them, and so how close another implementation has to come.

The model is a small CIFAR ResNet with four auxiliary heads on its last feature map. Every weight,
image and label comes from formula.py; the JSON file says what each parameter was filled with. The
images of a class share a pattern, a formula too, to which each view adds its own noise. Two runs:

    detached   ten steps, Eq. 7 with a detached clean teacher, T = 1; the weight penalty from step 6
    mutual     three steps, gradients through both sides of KL, T = 2, penalty .5, Nesterov momentum

Keys of the tensors: RUN.stepN.gradient.NAME, or RUN.stepN.value.NAME after the step's update.
Layouts are PyTorch's: convolutions OIHW, transposed convolutions IOHW. Losses are batch means;
penalty is the plain sum of squares. total = ce[0] + alpha sum ce[1..4] + lambda T^2 sum kl
+ gamma penalty. "rounding_error" is the largest |float - double| / |double| of any
tensor of a kind; biases that a batch norm cancels, whose true gradient is zero, are a kind of their
own, measured against the gradient of their weight.
"""
import json
import math
import os
import pathlib
import sys

import torch
import torch.nn.functional as F
from torch import nn

import formula
import safetensors_file
from modules import AuxiliaryHead, SelectiveBatchNorm

HERE = pathlib.Path(__file__).resolve().parent
VIEWS, IMAGES, CLASSES, SIZE, WIDTH = 5, 8, 10, 16, 4
NOISE = [0.5, 0.625, 0.75, 0.875, 1.0]  # of each view's images, around the pattern of their class

# Of the seeds below 300, the one whose inputs of ReLU stay farthest from zero: at least 19 times
# their rounding error in float. So no other implementation puts one on the other side, which would
# change gradients by far more than rounding does.
SEED = 244

OPTIMIZER = {"lr": 0.05, "momentum": 0.9, "weight_decay": 5e-4}
RUNS = {
    "detached": {"steps": 10, "alpha": 0.05, "lambda": 0.05, "gamma": [0.0] * 5 + [1.0] * 5,
                 "temperature": 1.0, "mutual": False, **OPTIMIZER, "nesterov": False,
                 "gradients_at": [1, 6, 10], "values_at": [5, 10]},
    "mutual": {"steps": 3, "alpha": 0.05, "lambda": 0.05, "gamma": [0.5] * 3,
               "temperature": 2.0, "mutual": True, **OPTIMIZER, "nesterov": True,
               "gradients_at": [], "values_at": [3]},
}


class Block(nn.Module):
    def __init__(self, channels_in, channels, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(channels_in, channels, 3, stride, 1, bias=False)
        self.bn1 = SelectiveBatchNorm(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.bn2 = SelectiveBatchNorm(channels)
        self.downsample = nn.Sequential()
        if stride != 1 or channels_in != channels:
            self.downsample = nn.Sequential(nn.Conv2d(channels_in, channels, 1, stride, bias=False),
                                            SelectiveBatchNorm(channels))

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(y)) + self.downsample(x))


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, WIDTH, 3, 1, 1, bias=False)
        self.bn1 = SelectiveBatchNorm(WIDTH)
        self.layer1 = nn.Sequential(Block(WIDTH, WIDTH, 1))
        self.layer2 = nn.Sequential(Block(WIDTH, 2 * WIDTH, 2))
        self.layer3 = nn.Sequential(Block(2 * WIDTH, 4 * WIDTH, 2))
        self.fc = nn.Linear(4 * WIDTH, CLASSES)
        self.auxiliary = nn.ModuleDict({str(j): AuxiliaryHead(4 * WIDTH, CLASSES)
                                        for j in range(1, VIEWS)})

    def forward(self, images):
        """[views * images, 3, height, width] -> a list of each view's logits [images, classes]."""
        x = F.relu(self.bn1(self.conv1(images)))
        features = self.layer3(self.layer2(self.layer1(x))).chunk(VIEWS)
        clean = self.fc(features[0].mean((2, 3)))
        return [clean] + [head(features[int(j)]) for j, head in self.auxiliary.items()]


def fills(model):
    """name -> (center, spread) of every parameter. Convolutions as Kaiming uniform over fan-in."""
    result = {}
    for name, parameter in model.named_parameters():
        if parameter.dim() == 4:
            fan_in = parameter[0].numel()
            result[name] = (0.0, math.sqrt(6.0 / fan_in))
        elif name.endswith("fc.weight"):
            result[name] = (0.0, 1.0 / math.sqrt(parameter.shape[1]))
        elif ".bn" in f".{name}" or "downsample.1" in name:
            result[name] = (1.0, 0.25) if name.endswith("weight") else (0.0, 0.25)
        else:
            result[name] = (0.0, 0.125)
    # Rounded to float here, so that a reader's product is the same.
    return {name: (center, float(torch.tensor(spread, dtype=torch.float32)))
            for name, (center, spread) in result.items()}


def batch(step):
    """Images [views, images, 3, size, size]: the class's pattern plus noise; labels [images]."""
    labels = formula.labels(f"labels.step{step}", IMAGES, CLASSES)
    patterns = formula.values("patterns", (CLASSES, 3, SIZE, SIZE))
    shape = (IMAGES, 3, SIZE, SIZE)
    views = [patterns[labels] + formula.values(f"noise.step{step}.view{view}", shape, 0.0, noise)
             for view, noise in enumerate(NOISE)]
    return torch.stack([torch.from_numpy(view) for view in views]), torch.from_numpy(labels)


def losses_of(model, logits, labels, run, gamma):
    """Eq. 7 and its parts; means over the batch, sums over classes."""
    ce = [F.cross_entropy(z, labels) for z in logits]
    t = run["temperature"]
    teacher = logits[0] if run["mutual"] else logits[0].detach()
    log_p = F.log_softmax(teacher / t, 1)
    kl = []
    for z in logits[1:]:
        log_q = F.log_softmax(z / t, 1)
        kl.append((log_p.exp() * (log_p - log_q)).sum(1).mean())
    penalty = sum((model.fc.weight - head.fc.weight).square().sum()
                  + (model.fc.bias - head.fc.bias).square().sum()
                  for head in model.auxiliary.values())
    total = (ce[0] + run["alpha"] * sum(ce[1:]) + run["lambda"] * t * t * sum(kl)
             + gamma * penalty)
    return total, dict(total=total.item(), ce=[x.item() for x in ce], kl=[x.item() for x in kl],
                       penalty=penalty.item())


def train(run, dtype):
    """Returns the losses of each step, and the tensors to keep: stepN.kind.name -> tensor."""
    model = Model()
    with torch.no_grad():
        spreads = fills(model)
        for name, parameter in model.named_parameters():
            center, spread = spreads[name]
            parameter.copy_(torch.from_numpy(formula.values(name, parameter.shape, center, spread)))
    model.to(dtype).train()
    optimizer = torch.optim.SGD(model.parameters(), lr=run["lr"], momentum=run["momentum"],
                                weight_decay=run["weight_decay"], nesterov=run["nesterov"])
    steps, kept = [], {}
    for step in range(1, run["steps"] + 1):
        images, labels = batch(step)
        logits = model(images.flatten(0, 1).to(dtype))
        loss, parts = losses_of(model, logits, labels, run, run["gamma"][step - 1])
        steps.append(parts)
        optimizer.zero_grad()
        loss.backward()
        if step in run["gradients_at"]:
            for name, parameter in model.named_parameters():
                kept[f"step{step}.gradient.{name}"] = parameter.grad.clone()
        optimizer.step()
        if step in run["values_at"]:
            for name, value in model.state_dict().items():
                if not name.endswith("num_batches_tracked"):
                    kept[f"step{step}.value.{name}"] = value.clone()
    return steps, kept


def is_cancelled(name):
    """Biases in front of a batch norm: their true gradient is zero, a float run finds rounding."""
    return ".gradient." in name and ".bottleneck.conv" in name and name.endswith("bias")


def rounding_error(name, floats, doubles):
    """|float - double| / |double| per tensor; of cancelled biases, over their weight's gradient."""
    reference = doubles[name.replace(".bias", ".weight")] if is_cancelled(name) else doubles[name]
    return ((floats[name].double() - doubles[name]).norm() / reference.norm()).item()


def write_json(path, document):
    """What is longer than 320 characters is broken into a line for each member."""
    def text(value, indent):
        line = json.dumps(value)
        if len(line) <= 320 and indent:
            return line
        inner = indent + "  "
        if isinstance(value, dict):
            parts = [f"{json.dumps(key)}: {text(member, inner)}" for key, member in value.items()]
        else:
            parts = [text(member, inner) for member in value]
        separator = f",\n{inner}"
        return f"{line[0]}\n{inner}{separator.join(parts)}\n{indent}{line[-1]}"

    path.with_suffix(".part").write_text(text(document, "") + "\n")
    os.replace(path.with_suffix(".part"), path)


def main():
    torch.set_num_threads(1)
    SelectiveBatchNorm.views = VIEWS
    formula.seed = SEED
    document = {"seed": SEED, "views": VIEWS, "images": IMAGES, "classes": CLASSES, "size": SIZE,
                "width": WIDTH, "noise": NOISE, "pytorch": torch.__version__}
    errors, tensors, runs = {}, {}, {}
    for run_name, run in RUNS.items():
        steps, doubles = train(run, torch.float64)
        float_steps, floats = train(run, torch.float32)
        runs[run_name] = {**run, "losses": steps}
        for name, value in doubles.items():
            kind = "cancelled" if is_cancelled(name) else name.split(".")[1]
            error = float(f"{rounding_error(name, floats, doubles):.2e}")
            errors[kind] = max(errors.get(kind, 0.0), error)
            if kind != "cancelled":
                tensors[f"{run_name}.{name}"] = value.float().numpy()
        for number, (step, other) in enumerate(zip(steps, float_steps), 1):
            error = max(abs(a - b) / max(abs(b), 1e-3) for a, b in zip(
                [other["total"], other["penalty"]] + other["ce"] + other["kl"],
                [step["total"], step["penalty"]] + step["ce"] + step["kl"]))
            print(f"{run_name} {number:2d}: total {step['total']:.6f}  ce {step['ce'][0]:.4f} "
                  f"{step['ce'][1]:.4f}  kl {step['kl'][0]:.5f}  penalty {step['penalty']:.4f}  "
                  f"float's error {error:.1e}", file=sys.stderr)

    model = Model()
    document["fills"] = {
        name: {"shape": list(parameter.shape), "center": fill[0], "spread": fill[1]}
        for (name, parameter), fill in zip(model.named_parameters(), fills(model).values())}
    images, labels = batch(3)
    document["example"] = {
        "conv1.weight": formula.values("conv1.weight", 3, *fills(model)["conv1.weight"]).tolist(),
        "images": {"step": 3, "view": 2, "image": 7, "last": images[2, 7, -1, -1, -1].item()},
        "labels": {"step": 3, "values": labels.tolist()}}
    write_json(HERE / "auxiliary_training.json", {**document, **runs, "rounding_error": errors})
    safetensors_file.write(HERE / "auxiliary_training.safetensors", tensors,
                           {"made_by": "test/golden/auxiliary_training.py"})
    print(f"rounding errors: {errors}", file=sys.stderr)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""A training of CIFAR in PyTorch, by the recipe of a run of auxtrain's: the peer of whole epochs.

    python3 tools/compare/pytorch_training.py RUN/recipe.json --data DIR [--device cuda]
        [--precision bf16] [--images N]

Network, losses and the joint batch of all views are those of pytorch_step.py, with autocast and
channels_last. Views are made on the device by PyTorch's operations, so their pixels are not
auxtrain's to the bit. Prints one JSON object: seconds with the evaluation after each epoch, and the
errors on the clean test images. Needs PyTorch alone.
"""
import argparse
import functools
import json
import math
import pathlib
import time

import torch
import torch.nn.functional as F

from pytorch_step import ALPHA, LAMBDA, Network, SelectiveBatchNorm, autocast, device_name

FILES = {"cifar10": ("cifar-10-batches-bin", [f"data_batch_{i}.bin" for i in range(1, 6)],
                     ["test_batch.bin"], 1),
         "cifar100": ("cifar-100-binary", ["train.bin"], ["test.bin"], 2)}
PADDING = 4


def read_cifar(folder, files, label_bytes, device):
    """Bytes [images, 3, 32, 32] and labels; of CIFAR-100's two labels the second is the fine one."""
    content = b"".join((folder / file).read_bytes() for file in files)
    rows = torch.frombuffer(bytearray(content), dtype=torch.uint8).view(-1, label_bytes + 3072)
    return (rows[:, label_bytes:].reshape(-1, 3, 32, 32).to(device),
            rows[:, label_bytes - 1].long().to(device))


def grey(x):
    return (x * x.new_tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)).sum(1, keepdim=True)


def blur(x, sigma):
    radius = math.ceil(4 * sigma)
    weights = torch.exp(-(torch.arange(-radius, radius + 1, device=x.device) / sigma) ** 2 / 2)
    weights = (weights / weights.sum()).repeat(3, 1)
    x = F.conv2d(F.pad(x, (radius, radius, 0, 0), "reflect"), weights.view(3, 1, 1, -1), groups=3)
    return F.conv2d(F.pad(x, (0, 0, radius, radius), "reflect"), weights.view(3, 1, -1, 1), groups=3)


def jitter(x, strength):
    """Brightness, contrast and saturation, each mixed with its opposite by a factor."""
    factors = 1 + strength * (2 * torch.rand(3, len(x), 1, 1, 1, device=x.device) - 1)
    x = (factors[0] * x).clamp(0, 255)
    x = (factors[1] * x + (1 - factors[1]) * grey(x).mean((2, 3), keepdim=True)).clamp(0, 255)
    return (factors[2] * x + (1 - factors[2]) * grey(x)).clamp(0, 255)


def rotate(x, degrees):
    angle = math.radians(degrees) * (2 * torch.rand(len(x), device=x.device) - 1)
    zero, cos, sin = torch.zeros_like(angle), angle.cos(), angle.sin()
    turn = torch.stack([cos, -sin, zero, sin, cos, zero], 1).view(-1, 2, 3)
    return F.grid_sample(x, F.affine_grid(turn, x.shape, align_corners=False), align_corners=False)


def crop(x):
    images, side = len(x), x.shape[-1]
    x = F.pad(x, (PADDING,) * 4)
    first = torch.randint(2 * PADDING + 1, (2, images, 1), device=x.device)
    rows, columns = first + torch.arange(side, device=x.device)
    number = torch.arange(images, device=x.device).view(-1, 1, 1)
    return x.permute(0, 2, 3, 1)[number, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)


def flip(x):
    flipped = torch.rand(len(x), 1, 1, 1, device=x.device) < 0.5
    return torch.where(flipped, x.flip(3), x)


BEFORE_CROP = {"gaussian_blur": blur, "contrast": jitter,
               "gaussian_noise": lambda x, sigma: (x + sigma * torch.randn_like(x)).clamp(0, 255)}


def view_of(x, corruption):
    name, strength = corruption["name"], corruption["strength"]
    x = crop(BEFORE_CROP[name](x, strength) if name in BEFORE_CROP else x)
    return flip(rotate(x, strength) if name == "rotation" else x)


# What of a recipe has one value here.
FIXED = {"model.stem": "cifar", "model.width": 0, "data.augment": True, "method.alpha": ALPHA,
         "method.lambda": LAMBDA, "method.merging": "mean", "method.teacher": "detached",
         "method.temperature": 1, "method.attention": True, "method.selective_batch_norm": True,
         "method.wrap_noise": False, "method.stem_relu": True, "method.flip_rotation": True,
         "schedule.kind": "multistep", "schedule.warmup": 0, "init": ""}


def require_supported(recipe):
    if recipe["method"]["name"] not in ("standard", "auxiliary"):
        raise SystemExit(f"pytorch_training: method.name: expected standard or auxiliary, got "
                         f"{recipe['method']['name']}")
    for path, value in FIXED.items():
        # What a recipe of an earlier version does not say has this value.
        got = functools.reduce(lambda tree, key: tree.get(key, value), path.split("."), recipe)
        # Standard training has no use for most of the method.
        if got != value and (recipe["method"]["name"] == "auxiliary" or not path.startswith("method.")):
            raise SystemExit(f"pytorch_training: {path}: expected {value!r}, got {got!r}")


def learning_rate(recipe, step, steps):
    schedule, epoch = recipe["schedule"], step // steps
    passed = sum(epoch >= milestone for milestone in schedule["milestones"])
    return recipe["optimizer"]["lr"] * schedule["factor"] ** passed


def top1_error(network, images, labels, normalized, mixed):
    SelectiveBatchNorm.views, SelectiveBatchNorm.clean = 1, True
    network.eval()
    with torch.inference_mode(), mixed():
        right = sum((network(normalized(x.float())).argmax(1) == y).sum()
                    for x, y in zip(images.split(1000), labels.split(1000)))
    network.train()
    return 1 - right.item() / len(labels)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("recipe", type=pathlib.Path)
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cuda")
    parser.add_argument("--precision", choices=["fp32", "bf16"], default="bf16")
    parser.add_argument("--images", type=int, default=50_000, help="train with the first of them")
    a = parser.parse_args()
    recipe = json.loads(a.recipe.read_text())
    require_supported(recipe)
    method, batch = recipe["method"], recipe["data"]["batch"]
    folder, train_files, test_files, label_bytes = FILES[recipe["data"]["name"]]
    images, labels = (part[:a.images] for part in
                      read_cifar(a.data / folder, train_files, label_bytes, a.device))
    test = read_cifar(a.data / folder, test_files, label_bytes, a.device)
    deviation, mean = torch.std_mean(images.float(), (0, 2, 3), keepdim=True)
    corruptions = method["corruptions"] if method["name"] == "auxiliary" else []
    views = 1 + len(corruptions)

    torch.manual_seed(recipe["seed"])
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
    torch.backends.cudnn.benchmark = True
    network = Network(recipe["model"]["name"], recipe["model"]["classes"], views - 1)
    network = network.to(a.device, memory_format=torch.channels_last)
    optimizer = recipe["optimizer"]
    fused = {"fused": True} if a.device == "cuda" else {}
    sgd = torch.optim.SGD(network.parameters(), optimizer["lr"], optimizer["momentum"],
                          weight_decay=optimizer["weight_decay"], nesterov=optimizer["nesterov"],
                          **fused)

    def normalized(x):
        return ((x - mean) / deviation).contiguous(memory_format=torch.channels_last)

    def mixed():
        return autocast(a, a.precision != "fp32")

    steps, errors, start = len(images) // batch, [], time.perf_counter()
    for epoch in range(recipe["schedule"]["epochs"]):
        order = torch.randperm(len(images), device=a.device)
        gamma = method["gamma"] if epoch >= method["stage2_epoch"] else 0.0
        SelectiveBatchNorm.views = views
        for step in range(steps):
            chosen = order[step * batch:(step + 1) * batch]
            x = images[chosen].float()
            all_views = [view_of(x, each) for each in [{"name": "none", "strength": 0}, *corruptions]]
            sgd.param_groups[0]["lr"] = learning_rate(recipe, epoch * steps + step, steps)
            sgd.zero_grad(set_to_none=True)
            with mixed():
                loss = network.loss(normalized(torch.cat(all_views)), labels[chosen], gamma)
            loss.backward()
            sgd.step()
        errors.append(top1_error(network, *test, normalized, mixed))
    seconds = time.perf_counter() - start
    print(json.dumps({"peer": f"PyTorch {torch.__version__}", "device": device_name(a.device),
                      "precision": a.precision, "epochs": len(errors), "steps": steps,
                      "seconds": seconds, "top1_errors": errors, "last_loss": loss.item()}))


if __name__ == "__main__":
    main()

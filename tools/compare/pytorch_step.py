#!/usr/bin/env python3
"""One step in PyTorch, timed: the peer that auxtrain is measured against.

    python3 tools/compare/pytorch_step.py [--mode training|inference] [--model resnet18]
        [--images 32] [--views 5] [--threads 1] [--precision fp32|bf16] [--form WORD[,WORD]]

A training step: all views in one joint batch, convolutions over all of it, batch norm on each
view's slice, four auxiliary classifiers, the losses of Eq. 7 with the weight penalty, SGD with
momentum and weight decay, as `auxtrain` computes it. An inference step: the backbone and the primary
classifier with running statistics, one view. bf16 is autocast. The form is how PyTorch is asked:

    contiguous     NCHW memory; without this word channels_last
    native         nn.ConvTranspose2d itself; without this word the convolution that it equals
    compiled       torch.compile; max-autotune: torch.compile(mode="max-autotune")
    folded         inference: batch norm folded into the convolutions
    frozen         inference: torch.jit.trace, freeze and optimize_for_inference
    converted      inference in bf16: weights and images stored as bf16, no autocast

Prints one JSON object; view-images per second are of the median step. Needs PyTorch alone.
"""
import argparse
import contextlib
import json
import resource
import statistics
import time

import torch
import torch.nn.functional as F
from torch import nn

RESNETS = {"resnet18": ([2, 2, 2, 2], 64), "resnet20": ([3, 3, 3], 16)}
ALPHA = LAMBDA = 0.05


class SelectiveBatchNorm(nn.BatchNorm2d):
    """Statistics per view, gamma and beta shared, running statistics from view 0 alone."""

    views = 1

    def forward(self, x):
        if SelectiveBatchNorm.views == 1:
            return super().forward(x)
        clean, *corrupted = x.chunk(SelectiveBatchNorm.views)
        return torch.cat([super().forward(clean)] + [
            F.batch_norm(view, None, None, self.weight, self.bias, True, 0.0, self.eps)
            for view in corrupted])


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
        y = F.relu(self.bn1(self.conv1(x)), inplace=True)
        return F.relu(self.bn2(self.conv2(y)) + self.downsample(x), inplace=True)


class TransposedConvolution(nn.ConvTranspose2d):
    """3x3, stride 1, padding 1, as the convolution that it equals: PyTorch 1.13's own is 6x slower
    on a CPU, where it does not go through oneDNN."""

    native = False

    def forward(self, x):
        if TransposedConvolution.native:
            return super().forward(x)
        return F.conv2d(x, self.weight.transpose(0, 1).flip(2, 3), padding=1)


class Head(nn.Module):
    def __init__(self, c, classes):
        super().__init__()
        self.gate = nn.Sequential(
            nn.Conv2d(c, c, 3, 1, 1, bias=False), nn.BatchNorm2d(c), nn.ReLU(True),
            TransposedConvolution(c, c, 3, 1, 1, bias=False), nn.BatchNorm2d(c), nn.Sigmoid())
        self.bottleneck = nn.Sequential(
            nn.Conv2d(c, c // 2, 1), nn.BatchNorm2d(c // 2), nn.ReLU(True),
            nn.Conv2d(c // 2, c // 2, 3), nn.BatchNorm2d(c // 2), nn.ReLU(True),
            nn.Conv2d(c // 2, c, 1), nn.BatchNorm2d(c), nn.ReLU(True))
        self.fc = nn.Linear(c, classes)

    def forward(self, x):
        return self.fc(self.bottleneck(x * self.gate(x)).mean((2, 3)))


class Network(nn.Module):
    def __init__(self, model, classes, heads):
        super().__init__()
        blocks, width = RESNETS[model]
        layers, c = [nn.Conv2d(3, width, 3, 1, 1, bias=False), SelectiveBatchNorm(width),
                     nn.ReLU(True)], width
        for stage, count in enumerate(blocks):
            for block in range(count):
                layers.append(Block(c, width << stage, 2 if stage and not block else 1))
                c = width << stage
        self.trunk = nn.Sequential(*layers)
        self.fc = nn.Linear(c, classes)
        self.heads = nn.ModuleList(Head(c, classes) for _ in range(heads))

    def forward(self, images):
        return self.fc(self.trunk(images).mean((2, 3)))

    def fold(self):
        """Batch norms into the convolutions before them; for inference."""
        fuse = nn.utils.fusion.fuse_conv_bn_eval
        self.trunk[0], self.trunk[1] = fuse(self.trunk[0], self.trunk[1]), nn.Identity()
        for block in self.trunk[3:]:
            block.conv1, block.bn1 = fuse(block.conv1, block.bn1), nn.Identity()
            block.conv2, block.bn2 = fuse(block.conv2, block.bn2), nn.Identity()
            if len(block.downsample) > 0:
                block.downsample = fuse(*block.downsample)

    def loss(self, images, labels, gamma):
        views = self.trunk(images).chunk(1 + len(self.heads))
        z0 = self.fc(views[0].mean((2, 3))).float()
        loss = F.cross_entropy(z0, labels)
        teacher = F.softmax(z0.detach(), 1)
        for head, view in zip(self.heads, views[1:]):
            z = head(view).float()
            loss = loss + ALPHA * F.cross_entropy(z, labels) + LAMBDA * F.kl_div(
                F.log_softmax(z, 1), teacher, reduction="batchmean")
            loss = loss + gamma * ((self.fc.weight - head.fc.weight).square().sum() +
                                   (self.fc.bias - head.fc.bias).square().sum())
        return loss


FORMS = {"contiguous", "channels_last", "native", "compiled", "max-autotune", "folded", "frozen",
         "converted"}


def form_of(text):
    words = set(text.split(","))
    if unknown := words - FORMS:
        raise argparse.ArgumentTypeError(f"expected words of {', '.join(sorted(FORMS))}, got "
                                         f"{', '.join(sorted(unknown))}")
    return words


def compiled(function, form):
    """The function as torch.compile makes it, where the form asks for that."""
    if "max-autotune" in form:
        return torch.compile(function, mode="max-autotune")
    return torch.compile(function) if "compiled" in form else function


def training_step(network, images, a):
    labels = torch.randint(a.classes, (a.images,))
    sgd = torch.optim.SGD(network.parameters(), 0.1, 0.9, weight_decay=5e-4)
    loss_of = compiled(network.loss, a.form)

    def step():
        sgd.zero_grad(set_to_none=True)
        with torch.autocast("cpu", torch.bfloat16, enabled=a.precision == "bf16"):
            loss = loss_of(images, labels, 1.0)
        loss.backward()
        sgd.step()
        return loss.item()
    return step, contextlib.nullcontext()


def inference_step(network, images, a):
    network.eval()
    autocast = a.precision == "bf16" and "converted" not in a.form
    if "folded" in a.form:
        network.fold()
    if "converted" in a.form:
        network, images = network.to(torch.bfloat16), images.to(torch.bfloat16)

    @contextlib.contextmanager
    def context():
        no_gradients = torch.no_grad if "frozen" in a.form else torch.inference_mode
        cached = "frozen" not in a.form  # a trace must not keep what autocast keeps for later
        with no_gradients(), torch.autocast("cpu", torch.bfloat16, enabled=autocast,
                                            cache_enabled=cached):
            yield

    with context():
        if "frozen" in a.form:
            network = torch.jit.freeze(torch.jit.trace(network, images))
            network = torch.jit.optimize_for_inference(network)
        network = compiled(network, a.form)
    return lambda: network(images).float().sum().item(), context()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--mode", choices=["training", "inference"], default="training")
    parser.add_argument("--model", choices=RESNETS, default="resnet18")
    parser.add_argument("--images", type=int, default=32, help="per view")
    parser.add_argument("--views", type=int, default=5, help="of a training step")
    parser.add_argument("--classes", type=int, default=10)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--steps", type=int, default=5, help="timed at least, after two that are not")
    parser.add_argument("--seconds", type=float, default=2, help="timed at least")
    parser.add_argument("--precision", choices=["fp32", "bf16"], default="fp32")
    parser.add_argument("--form", type=form_of, default={"channels_last"})
    a = parser.parse_args()
    torch.set_num_threads(a.threads)
    torch.manual_seed(0)
    views = a.views if a.mode == "training" else 1
    SelectiveBatchNorm.views = views
    TransposedConvolution.native = "native" in a.form
    layout = torch.contiguous_format if "contiguous" in a.form else torch.channels_last
    network = Network(a.model, a.classes, views - 1).to(memory_format=layout)
    images = torch.randn(views * a.images, 3, 32, 32).contiguous(memory_format=layout)
    step, context = (training_step if a.mode == "training" else inference_step)(network, images, a)

    seconds = []
    with context:
        result = step()  # the first one's: the same for every form, but for rounding
        step()
        while len(seconds) < a.steps or sum(seconds) < a.seconds:
            start = time.perf_counter()
            step()
            seconds.append(time.perf_counter() - start)
    median = statistics.median(seconds)
    print(json.dumps({
        "peer": f"PyTorch {torch.__version__}", "mode": a.mode, "model": a.model, "views": views,
        "images": a.images, "threads": a.threads, "precision": a.precision,
        "form": ",".join(sorted(a.form)), "median_seconds": median,
        "noise": (max(seconds) - min(seconds)) / median,
        "view_images_per_second": views * a.images / median, "result": result,
        "peak_memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""One step of auxiliary training in PyTorch, timed: the peer that auxtrain is measured against.

    python3 tools/compare/pytorch_step.py [--model resnet18] [--images 32] [--views 5] [--threads 1]
                                          [--precision fp32|bf16] [--layout channels_last|contiguous]

All views in one joint batch, convolutions over all of it, batch norm on each view's slice, four
auxiliary classifiers, the losses of Eq. 7 with the weight penalty, SGD with momentum and weight
decay: what `auxtrain` computes in a step, in the best eager form we know. bf16 is autocast. Prints
one JSON object; view-images per second are of the median step. Needs PyTorch alone.
"""
import argparse
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
    """3x3, stride 1, padding 1, as the convolution that it equals: PyTorch's own is 6x slower on a
    CPU, where it does not go through oneDNN."""

    def forward(self, x):
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


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", choices=RESNETS, default="resnet18")
    parser.add_argument("--images", type=int, default=32, help="per view")
    parser.add_argument("--views", type=int, default=5)
    parser.add_argument("--classes", type=int, default=10)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--steps", type=int, default=5, help="timed, after two that are not")
    parser.add_argument("--precision", choices=["fp32", "bf16"], default="fp32")
    parser.add_argument("--layout", choices=["channels_last", "contiguous"],
                        default="channels_last")
    a = parser.parse_args()
    torch.set_num_threads(a.threads)
    torch.manual_seed(0)
    SelectiveBatchNorm.views = a.views
    layout = torch.channels_last if a.layout == "channels_last" else torch.contiguous_format
    network = Network(a.model, a.classes, a.views - 1).to(memory_format=layout)
    sgd = torch.optim.SGD(network.parameters(), 0.1, 0.9, weight_decay=5e-4)
    images = torch.randn(a.views * a.images, 3, 32, 32).contiguous(memory_format=layout)
    labels = torch.randint(a.classes, (a.images,))

    seconds = []
    for _ in range(2 + a.steps):
        start = time.perf_counter()
        sgd.zero_grad(set_to_none=True)
        with torch.autocast("cpu", torch.bfloat16, enabled=a.precision == "bf16"):
            loss = network.loss(images, labels, 1.0)
        loss.backward()
        sgd.step()
        seconds.append(time.perf_counter() - start)
    seconds = sorted(seconds[2:])
    median = statistics.median(seconds)
    print(json.dumps({
        "peer": f"PyTorch {torch.__version__}", "model": a.model, "views": a.views,
        "images": a.images, "threads": a.threads, "precision": a.precision, "layout": a.layout,
        "median_seconds": median, "noise": (seconds[-1] - seconds[0]) / median,
        "view_images_per_second": a.views * a.images / median, "loss": loss.item(),
        "peak_memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


if __name__ == "__main__":
    main()

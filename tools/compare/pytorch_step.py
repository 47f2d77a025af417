#!/usr/bin/env python3
"""One step in PyTorch, timed: the peer that auxtrain is measured against.

    python3 tools/compare/pytorch_step.py [--mode training|inference] [--model resnet18]
        [--images 32] [--views 5] [--threads 1] [--device cpu|cuda] [--precision fp32|bf16|fp16]
        [--form WORD[,WORD]]

A training step: all views in one joint batch, convolutions over all of it, batch norm on each
view's slice, four auxiliary classifiers, the losses of Eq. 7 with the weight penalty, SGD with
momentum and weight decay, as `auxtrain` computes it. An inference step: the backbone and the primary
classifier with running statistics, one view. bf16 and fp16 are autocast, fp16 with scaled gradients;
fp32 on a GPU is TF32. The form is how PyTorch is asked:

    contiguous     NCHW memory; without this word channels_last
    native         nn.ConvTranspose2d itself; without this word the convolution that it equals
    sequence       training: view after view through the trunk, as the paper's authors do
    compiled       torch.compile; max-autotune: torch.compile(mode="max-autotune"), on a GPU with
                   CUDA graphs
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

    views = 1  # in one batch
    clean = True  # the first of them

    def forward(self, x):
        if SelectiveBatchNorm.views == 1:
            return super().forward(x) if SelectiveBatchNorm.clean else self.alone(x)
        clean, *corrupted = x.chunk(SelectiveBatchNorm.views)
        return torch.cat([super().forward(clean)] + [self.alone(view) for view in corrupted])

    def alone(self, view):
        return F.batch_norm(view, None, None, self.weight, self.bias, True, 0.0, self.eps)


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
    in_sequence = False

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

    def trunk_in_sequence(self, images):
        for i, view in enumerate(images.chunk(1 + len(self.heads))):
            SelectiveBatchNorm.clean = i == 0
            yield self.trunk(view)

    def loss(self, images, labels, gamma):
        if self.in_sequence:
            views = list(self.trunk_in_sequence(images))
        else:
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


FORMS = {"contiguous", "channels_last", "native", "sequence", "compiled", "max-autotune", "folded",
         "frozen", "converted"}
TYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


def form_of(text):
    words = set(text.split(","))
    if unknown := words - FORMS:
        raise argparse.ArgumentTypeError(f"expected words of {', '.join(sorted(FORMS))}, got "
                                         f"{', '.join(sorted(unknown))}")
    return words


def autocast(a, wanted, **options):
    """Mixed precision where wanted; PyTorch 1.13 takes no float here, even switched off."""
    return (torch.autocast(a.device, TYPES[a.precision], **options) if wanted
            else contextlib.nullcontext())


def compiled(function, form):
    """The function as torch.compile makes it, where the form asks for that."""
    if "max-autotune" in form:
        return torch.compile(function, mode="max-autotune")
    return torch.compile(function) if "compiled" in form else function


def training_step(network, images, a):
    labels = torch.randint(a.classes, (a.images,)).to(a.device)
    fused = {"fused": True} if a.device == "cuda" else {}
    sgd = torch.optim.SGD(network.parameters(), 0.1, 0.9, weight_decay=5e-4, **fused)
    scaler = torch.cuda.amp.GradScaler() if a.precision == "fp16" else None
    loss_of = compiled(network.loss, a.form)

    def step():
        sgd.zero_grad(set_to_none=True)
        with autocast(a, a.precision != "fp32"):
            loss = loss_of(images, labels, 1.0)
        if scaler:
            scaler.scale(loss).backward()
            scaler.step(sgd)
            scaler.update()
        else:
            loss.backward()
            sgd.step()
        return loss
    return step, contextlib.nullcontext()


def inference_step(network, images, a):
    network.eval()
    mixed = a.precision != "fp32" and "converted" not in a.form
    if "folded" in a.form:
        network.fold()
    if "converted" in a.form:
        network, images = network.to(TYPES[a.precision]), images.to(TYPES[a.precision])

    @contextlib.contextmanager
    def context():
        no_gradients = torch.no_grad if "frozen" in a.form else torch.inference_mode
        cached = "frozen" not in a.form  # a trace must not keep what autocast keeps for later
        with no_gradients(), autocast(a, mixed, cache_enabled=cached):
            yield

    with context():
        if "frozen" in a.form:
            network = torch.jit.freeze(torch.jit.trace(network, images))
            network = torch.jit.optimize_for_inference(network)
        network = compiled(network, a.form)
    return lambda: network(images).float().sum(), context()


def timed_on_cpu(step, a):
    seconds = []
    while len(seconds) < a.steps or sum(seconds) < a.seconds:
        start = time.perf_counter()
        step().item()
        seconds.append(time.perf_counter() - start)
    return seconds


def timed_on_gpu(step, a):
    """By events: the host runs ahead, as it does in a training that seldom looks at its losses."""
    seconds = []
    while len(seconds) < a.steps or sum(seconds) < a.seconds:
        events = [torch.cuda.Event(enable_timing=True) for _ in range(a.steps + 1)]
        events[0].record()
        for event in events[1:]:
            step()
            event.record()
        torch.cuda.synchronize()
        seconds += [one.elapsed_time(next) / 1000 for one, next in zip(events, events[1:])]
    return seconds


def device_name(device):
    return torch.cuda.get_device_name() if device == "cuda" else "cpu"


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
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--precision", choices=TYPES, default="fp32")
    parser.add_argument("--form", type=form_of, default={"channels_last"})
    a = parser.parse_args()
    torch.set_num_threads(a.threads)
    torch.manual_seed(0)
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
    torch.backends.cudnn.benchmark = True
    views = a.views if a.mode == "training" else 1
    Network.in_sequence = "sequence" in a.form
    SelectiveBatchNorm.views = 1 if Network.in_sequence else views
    TransposedConvolution.native = "native" in a.form
    layout = torch.contiguous_format if "contiguous" in a.form else torch.channels_last
    network = Network(a.model, a.classes, views - 1).to(a.device, memory_format=layout)
    images = torch.randn(views * a.images, 3, 32, 32).to(a.device).contiguous(memory_format=layout)
    step, context = (training_step if a.mode == "training" else inference_step)(network, images, a)

    with context:
        result = step().item()  # the first one's: the same for every form, but for rounding
        step()
        seconds = (timed_on_gpu if a.device == "cuda" else timed_on_cpu)(step, a)
    median = statistics.median(seconds)
    print(json.dumps({
        "peer": f"PyTorch {torch.__version__}", "mode": a.mode, "model": a.model, "views": views,
        "images": a.images, "threads": a.threads, "device": device_name(a.device),
        "precision": a.precision,
        "form": ",".join(sorted(a.form)), "median_seconds": median,
        "noise": (max(seconds) - min(seconds)) / median,
        "view_images_per_second": views * a.images / median, "result": result,
        "peak_memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


if __name__ == "__main__":
    main()

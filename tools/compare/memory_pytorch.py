#!/usr/bin/env python3
"""What memory one training step takes in PyTorch beyond weights, gradients, momentum and the batch.

    python3 tools/compare/memory_pytorch.py [--model resnet18] [--images 32] [--views 5]
                                            [--precision fp32|bf16] [--threads 1]

The network is that of pytorch_step.py, channels_last. Gradients and momentum exist before the step and
stay (zero_grad(set_to_none=False)), as they do in auxtrain. Prints one JSON object, in bytes:

    saved       kept for the backward pass when the forward pass ends, every storage once
    allocated   the most that was allocated at one time during the step, by PyTorch's own count (its
                profiler's): what is saved, and temporaries; without what oneDNN takes for itself
    resident    the growth of the process's peak resident set during steps (VmHWM of Linux)
"""
import argparse
import gc
import json
import pathlib

import torch

from pytorch_step import RESNETS, Network, SelectiveBatchNorm


def status(name):
    """A line of /proc/self/status that counts KiB, in bytes."""
    for line in pathlib.Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1]) * 1024
    raise KeyError(name)


class Step:
    def __init__(self, a):
        self.network = Network(a.model, a.classes, a.views - 1).to(
            memory_format=torch.channels_last)
        self.sgd = torch.optim.SGD(self.network.parameters(), 0.1, 0.9, weight_decay=5e-4)
        self.a = a
        self.images, self.labels = self.batch(a.images)
        for parameter in self.network.parameters():
            parameter.grad = torch.zeros_like(parameter)
        self.sgd.step()  # makes the momentum

    def batch(self, images):
        pixels = torch.randn(self.a.views * images, 3, 32, 32)
        return (pixels.contiguous(memory_format=torch.channels_last),
                torch.randint(self.a.classes, (images,)))

    def run(self, images, labels):
        self.sgd.zero_grad(set_to_none=False)
        with torch.autocast("cpu", torch.bfloat16, enabled=self.a.precision == "bf16"):
            loss = self.network.loss(images, labels, 1.0)
        loss.backward()
        self.sgd.step()

    def saved(self):
        """Storages that the backward pass keeps alive, without parameters and the batch."""
        known = {t.storage().data_ptr() for t in [*self.network.parameters(), self.images]}
        kept = {}

        def pack(t):
            if t.storage().data_ptr() not in known:
                kept[t.storage().data_ptr()] = t.storage().nbytes()
            return t

        with torch.autograd.graph.saved_tensors_hooks(pack, lambda t: t):
            with torch.autocast("cpu", torch.bfloat16, enabled=self.a.precision == "bf16"):
                loss = self.network.loss(self.images, self.labels, 1.0)
        # Everything kept is alive here, so that no address stands for two storages.
        del loss
        return sum(kept.values())

    def allocated(self):
        with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU],
                                    profile_memory=True) as profile:
            self.run(self.images, self.labels)
        events = [e for e in profile.profiler.kineto_results.events() if e.name() == "[memory]"]
        live = most = 0
        for event in events:
            live += event.nbytes()
            most = max(most, live)
        return most

    def resident(self):
        self.run(*self.batch(2))  # loads the code
        gc.collect()
        before = status("VmRSS")
        pathlib.Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # forgets the peak
        for _ in range(2):
            self.run(self.images, self.labels)
        return status("VmHWM") - before


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", choices=RESNETS, default="resnet18")
    parser.add_argument("--images", type=int, default=32, help="per view")
    parser.add_argument("--views", type=int, default=5)
    parser.add_argument("--classes", type=int, default=10)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--precision", choices=["fp32", "bf16"], default="fp32")
    a = parser.parse_args()
    torch.set_num_threads(a.threads)
    torch.manual_seed(0)
    SelectiveBatchNorm.views = a.views
    step = Step(a)
    resident = step.resident()  # first: the others leave memory behind
    print(json.dumps({"peer": f"PyTorch {torch.__version__}", "model": a.model,
                      "images": a.images, "views": a.views, "precision": a.precision,
                      "threads": a.threads, "saved": step.saved(), "allocated": step.allocated(),
                      "resident": resident}))


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Opens an exported primary classifier in plain PyTorch: the weights mean the same there.

    python3 tools/compare/load_primary.py primary.safetensors [--data DIR] [--images N]

Builds the module that the file's metadata names (torchvision's definitions and parameter names;
with the CIFAR stem a first convolution of 3x3 and no max-pool), loads the state with strict=True,
and, given --data, prints its error on the clean test images. Needs PyTorch and numpy, nothing of
ours. Import load() for a program of your own.
"""
import argparse
import json
import pathlib
import struct
import sys

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

RESNETS = {  # blocks of each stage, and what else its module is made with
    "resnet20": dict(blocks=[3, 3, 3], width=16),
    "resnet18": dict(blocks=[2, 2, 2, 2]),
    "resnet34": dict(blocks=[3, 4, 6, 3]),
    "resnet50": dict(blocks=[3, 4, 6, 3], bottleneck=True),
    "resnet101": dict(blocks=[3, 4, 23, 3], bottleneck=True),
    "wide_resnet50_2": dict(blocks=[3, 4, 6, 3], bottleneck=True, inside=2),
    "resnext50_32x4d": dict(blocks=[3, 4, 6, 3], bottleneck=True, inside=2, groups=32),
}
TEST_FILES = {  # file, bytes in front of an image, which of them is the label
    "cifar10": ("cifar-10-batches-bin/test_batch.bin", 1, 0),
    "cifar100": ("cifar-100-binary/test.bin", 2, 1),
}


def convolution(channels_in, channels, kernel, stride=1, padding=0, groups=1):
    return nn.Conv2d(channels_in, channels, kernel, stride, padding, groups=groups, bias=False)


class Block(nn.Module):
    """Convolutions with batch norm, numbered from 1, and a shortcut around them."""

    def __init__(self, convolutions, stride):
        super().__init__()
        channels_in, channels = convolutions[0].in_channels, convolutions[-1].out_channels
        self.count = len(convolutions)
        for number, layer in enumerate(convolutions, 1):
            self.add_module(f"conv{number}", layer)
            self.add_module(f"bn{number}", nn.BatchNorm2d(layer.out_channels))
        self.downsample = nn.Sequential()
        if stride != 1 or channels_in != channels:
            self.downsample = nn.Sequential(convolution(channels_in, channels, 1, stride),
                                            nn.BatchNorm2d(channels))

    def forward(self, x):
        y = x
        for number in range(1, self.count + 1):
            y = getattr(self, f"bn{number}")(getattr(self, f"conv{number}")(y))
            y = F.relu(y + self.downsample(x) if number == self.count else y)
        return y


class ResNet(nn.Module):
    def __init__(self, blocks, classes, stem, width=64, bottleneck=False, inside=1, groups=1,
                 stem_relu=True):
        super().__init__()
        self.stem_relu = stem_relu
        self.conv1 = (convolution(3, width, 3, 1, 1) if stem == "cifar" else
                      convolution(3, width, 7, 2, 3))
        self.bn1 = nn.BatchNorm2d(width)
        self.maxpool = nn.Identity() if stem == "cifar" else nn.MaxPool2d(3, 2, 1)
        self.stages = [f"layer{stage + 1}" for stage in range(len(blocks))]
        now = width
        for stage, count in enumerate(blocks):
            channels, layers = width << stage, []
            for stride in [1 if stage == 0 else 2] + [1] * (count - 1):
                if bottleneck:
                    wide = inside * channels
                    chain = [convolution(now, wide, 1),
                             convolution(wide, wide, 3, stride, 1, groups),
                             convolution(wide, 4 * channels, 1)]
                else:
                    chain = [convolution(now, channels, 3, stride, 1),
                             convolution(channels, channels, 3, 1, 1)]
                layers.append(Block(chain, stride))
                now = chain[-1].out_channels
            self.add_module(self.stages[stage], nn.Sequential(*layers))
        self.fc = nn.Linear(now, classes)

    def forward(self, images):
        """Normalised images [n, 3, height, width] -> logits [n, classes]."""
        x = self.bn1(self.conv1(images))
        x = self.maxpool(F.relu(x) if self.stem_relu else x)  # the authors' code leaves it out
        for stage in self.stages:
            x = getattr(self, stage)(x)
        return self.fc(x.mean((2, 3)))


class CifarAlexNet(nn.Module):
    def __init__(self, classes, width=64):
        super().__init__()
        now = 3
        for number, times in enumerate([1, 3, 6, 4, 4], 1):
            self.add_module(f"conv{number}", convolution(now, times * width, 3, 1, 1))
            self.add_module(f"bn{number}", nn.BatchNorm2d(times * width))
            now = times * width
        self.fc = nn.Linear(now, classes)

    def forward(self, images):
        x = images
        for number in range(1, 6):
            x = F.relu(getattr(self, f"bn{number}")(getattr(self, f"conv{number}")(x)))
            x = F.max_pool2d(x, 2) if number in (1, 2, 5) else x
        return self.fc(x.mean((2, 3)))


class ImageNetAlexNet(nn.Module):
    def __init__(self, classes, width=64):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, width, 11, 4, 2), nn.ReLU(), nn.MaxPool2d(3, 2),
            nn.Conv2d(width, 3 * width, 5, 1, 2), nn.ReLU(), nn.MaxPool2d(3, 2),
            nn.Conv2d(3 * width, 6 * width, 3, 1, 1), nn.ReLU(),
            nn.Conv2d(6 * width, 4 * width, 3, 1, 1), nn.ReLU(),
            nn.Conv2d(4 * width, 4 * width, 3, 1, 1), nn.ReLU(), nn.MaxPool2d(3, 2))
        self.classifier = nn.Sequential(
            nn.Dropout(), nn.Linear(4 * width * 6 * 6, 64 * width), nn.ReLU(),
            nn.Dropout(), nn.Linear(64 * width, 64 * width), nn.ReLU(),
            nn.Linear(64 * width, classes))

    def forward(self, images):
        return self.classifier(self.features(images).flatten(1))


def build(name, stem, classes, width=None, stem_relu=True):
    """The module with the parameter names of torchvision's, where torchvision has it."""
    options = {} if width is None else {"width": width}
    if name == "alexnet" and stem in ("cifar", "imagenet"):
        return (CifarAlexNet if stem == "cifar" else ImageNetAlexNet)(classes, **options)
    if name not in RESNETS or stem not in ("cifar", "imagenet"):
        raise ValueError(f"model {name} with stem {stem}; this script builds "
                         f"{', '.join(RESNETS)}, alexnet with stem cifar or imagenet")
    return ResNet(classes=classes, stem=stem, stem_relu=stem_relu, **{**RESNETS[name], **options})


TYPES = {"F32": "<f4", "I32": "<i4", "U8": "u1"}


def read_safetensors(path, types=("F32",)):
    """-> tensors by name, and the metadata."""
    data = pathlib.Path(path).read_bytes()
    length = struct.unpack("<Q", data[:8])[0] if len(data) >= 8 else len(data)
    if 8 + length > len(data):
        raise ValueError(f"{path}: not a safetensors file, or cut short")
    header = json.loads(data[8:8 + length])
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        if entry["dtype"] not in types:
            raise ValueError(f"{path}: {name} has type {entry['dtype']}, "
                             f"expected {' or '.join(types)}")
        begin, end = entry["data_offsets"]
        array = np.frombuffer(data[8 + length + begin:8 + length + end],
                              TYPES[entry["dtype"]])
        tensors[name] = torch.from_numpy(array.reshape(entry["shape"]).copy())
    return tensors, metadata


def load(path):
    """-> the module in evaluation mode, and the file's metadata."""
    tensors, metadata = read_safetensors(path)
    missing = [key for key in ["model", "classes", "stem"] if key not in metadata]
    if missing:
        raise ValueError(f"{path}: the metadata lacks {', '.join(missing)}; "
                         "expected a file written by auxtrain")
    width = int(metadata["width"]) if "width" in metadata else None
    try:
        model = build(metadata["model"], metadata["stem"], int(metadata["classes"]), width,
                      metadata.get("stem_relu", "true") == "true")
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    # PyTorch's count of the batches seen has no part in inference, so the export leaves it out.
    counts = {key: value for key, value in model.state_dict().items()
              if key.endswith("num_batches_tracked")}
    model.load_state_dict({**counts, **tensors}, strict=True)
    return model.eval(), metadata


def test_images(directory, metadata):
    """-> images [n, 3, 32, 32] of bytes, labels [n]."""
    dataset = metadata.get("dataset")
    if dataset not in TEST_FILES:
        raise ValueError(f"dataset {dataset} has no test file here; expected one of "
                         f"{', '.join(TEST_FILES)}")
    file, label_bytes, label = TEST_FILES[dataset]
    records = np.fromfile(pathlib.Path(directory) / file, np.uint8)
    records = records.reshape(-1, label_bytes + 3 * 32 * 32)
    images = records[:, label_bytes:].reshape(-1, 3, 32, 32)
    return torch.from_numpy(images), torch.from_numpy(records[:, label].astype(np.int64))


def count_errors(model, metadata, images, labels, batch=250):
    """-> how often the right class is not first, and not among the first five."""
    mean, std = (torch.tensor(json.loads(metadata[f"normalization_{key}"])).view(1, 3, 1, 1)
                 for key in ["mean", "std"])
    wrong = torch.zeros(2, dtype=torch.long)
    with torch.no_grad():
        for begin in range(0, len(images), batch):
            part = (images[begin:begin + batch].float() / 255 - mean) / std
            order = model(part).topk(5).indices == labels[begin:begin + batch, None]
            wrong += torch.stack([(~order[:, 0]).sum(), (~order.any(1)).sum()])
    return wrong.tolist()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", metavar="FILE.safetensors")
    parser.add_argument("--data", metavar="DIR",
                        help="holds cifar-10-batches-bin/ or cifar-100-binary/")
    parser.add_argument("--images", type=int, metavar="N", help="only the first N test images")
    options = parser.parse_args()
    if options.images is not None and options.images < 1:
        parser.error(f"--images: expected at least 1, got {options.images}")
    try:
        model, metadata = load(options.file)
        parameters = sum(parameter.numel() for parameter in model.parameters())
        print(f"{options.file}: {metadata['model']}, {metadata['classes']} classes, "
              f"{parameters:,} parameters, loaded with strict=True")
        if options.data:
            images, labels = test_images(options.data, metadata)
            images, labels = images[:options.images], labels[:options.images]
            top1, top5 = count_errors(model, metadata, images, labels)
            count = len(images)
            print(f"{metadata['dataset']}, {count} clean test images: "
                  f"accuracy {1 - top1 / count:.4f}, top-1 error {top1 / count:.4f}, "
                  f"top-5 error {top5 / count:.4f}")
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        sys.exit(f"load_primary.py: {error}")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Opens an exported primary classifier in plain PyTorch: the weights mean the same there.

    python3 tools/compare/load_primary.py primary.safetensors [--data DIR] [--images N]

Builds the module that the file's metadata names (torchvision's definition and parameter names,
CIFAR stem), loads the state with strict=True, and, given --data, prints its error on the clean test
images. Needs PyTorch and numpy, nothing of ours. Import load() for a program of your own.
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

RESNETS = {  # blocks of each stage, channels of the first
    "resnet18": ([2, 2, 2, 2], 64),
    "resnet20": ([3, 3, 3], 16),
}
TEST_FILES = {  # file, bytes in front of an image, which of them is the label
    "cifar10": ("cifar-10-batches-bin/test_batch.bin", 1, 0),
    "cifar100": ("cifar-100-binary/test.bin", 2, 1),
}


class BasicBlock(nn.Module):
    def __init__(self, channels_in, channels, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(channels_in, channels, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.downsample = nn.Sequential()
        if stride != 1 or channels_in != channels:
            self.downsample = nn.Sequential(nn.Conv2d(channels_in, channels, 1, stride, bias=False),
                                            nn.BatchNorm2d(channels))

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(y)) + self.downsample(x))


class CifarResNet(nn.Module):
    def __init__(self, blocks, width, classes, stem_relu=True):
        super().__init__()
        self.stem_relu = stem_relu
        self.conv1 = nn.Conv2d(3, width, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.stages = [f"layer{stage + 1}" for stage in range(len(blocks))]
        channels_in = width
        for stage, count in enumerate(blocks):
            channels = width << stage
            strides = [1 if stage == 0 else 2] + [1] * (count - 1)
            layers = []
            for stride in strides:
                layers.append(BasicBlock(channels_in, channels, stride))
                channels_in = channels
            self.add_module(self.stages[stage], nn.Sequential(*layers))
        self.fc = nn.Linear(channels_in, classes)

    def forward(self, images):
        """Normalised images [n, 3, 32, 32] -> logits [n, classes]."""
        x = self.bn1(self.conv1(images))
        x = F.relu(x) if self.stem_relu else x  # the authors' released code leaves it out
        for stage in self.stages:
            x = getattr(self, stage)(x)
        return self.fc(x.mean((2, 3)))


def read_safetensors(path):
    """-> tensors by name, and the metadata."""
    data = pathlib.Path(path).read_bytes()
    length = struct.unpack("<Q", data[:8])[0] if len(data) >= 8 else len(data)
    if 8 + length > len(data):
        raise ValueError(f"{path}: not a safetensors file, or cut short")
    header = json.loads(data[8:8 + length])
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        if entry["dtype"] != "F32":
            raise ValueError(f"{path}: {name} has type {entry['dtype']}, expected F32")
        begin, end = entry["data_offsets"]
        array = np.frombuffer(data[8 + length + begin:8 + length + end], "<f4")
        tensors[name] = torch.from_numpy(array.reshape(entry["shape"]).copy())
    return tensors, metadata


def load(path):
    """-> the module in evaluation mode, and the file's metadata."""
    tensors, metadata = read_safetensors(path)
    missing = [key for key in ["model", "classes", "stem"] if key not in metadata]
    if missing:
        raise ValueError(f"{path}: the metadata lacks {', '.join(missing)}; "
                         "expected a file written by auxtrain")
    name, stem = metadata["model"], metadata["stem"]
    if name not in RESNETS or stem != "cifar":
        raise ValueError(f"{path}: model {name} with stem {stem}; "
                         f"this script builds {', '.join(RESNETS)} with stem cifar")
    blocks, width = RESNETS[name]
    model = CifarResNet(blocks, int(metadata.get("width", width)), int(metadata["classes"]),
                        metadata.get("stem_relu", "true") == "true")
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

"""Writes weights.pth: a state_dict as trainings save it, one tensor of every kind that may occur.

    /usr/bin/python3 weights.py      # Debian's python3-torch; weights.pth is from version 1.13
"""
import collections
import pathlib

import torch

grid = torch.arange(1.0, 13.0).view(3, 4)
tensors = {
    "plain": torch.tensor([[0.5, -1.5, 2.0], [0.0, 1e-40, 3e38]]),
    "transposed": torch.arange(1.0, 7.0).view(2, 3).t(),
    "part": grid[1:, :2],  # of a storage of 12 numbers, from the fifth on
    "parameter": torch.nn.Parameter(torch.tensor([7.0, -7.0])),
    "double": torch.tensor([0.1, -2.0, 1e-45], dtype=torch.float64),
    "half": torch.tensor([[1, -2, 0.1, 65504, 2**-24], [-2**-24, 2**-14 - 2**-24, 2**-14, -0.0, 0]],
                         dtype=torch.float16),
    "bf16": torch.tensor([1, -3.14159, 1e38], dtype=torch.bfloat16),
    "count": torch.tensor(3),
    "empty": torch.zeros(0, 3),
}
state = collections.OrderedDict((f"module.{name}", tensor) for name, tensor in tensors.items())
state._metadata = collections.OrderedDict([("", {"version": 1})])  # as Module.state_dict() leaves it
torch.save({"epoch": 3, "rate": 0.5, "best": None, "state_dict": state},
           pathlib.Path(__file__).with_suffix(".pth"))

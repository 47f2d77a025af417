"""Faults of biases and their gradients."""
from .fault import RACES, Kernel

KERNELS = [Kernel("kernels/bias/bias.cu", "[bias]", [
    ("the last row is left out",
     "row < end;", "row < end - 1;"),
    ("a part is left out",
     "part < parts;", "part < parts - (parts > 1);"),
    ("warps do not meet",
     "  __syncthreads();\n", "", RACES),
])]

"""Faults of the optimizer's step."""
from .fault import RACES, SANITIZER, Kernel

KERNELS = [Kernel("kernels/sgd/sgd.cu", "[sgd]", [
    ("off-by-one guard",
     "first + kWidth <= sizes.size", "first + kWidth - 1 <= sizes.size", SANITIZER),
    ("off-by-one end",
     "i < sizes.size", "i <= sizes.size", SANITIZER),
    ("the last parameter is left out",
     "i < sizes.size", "i < sizes.size - 1"),
    ("a block too few",
     "(sizes.size + kWidth - 1) / kWidth", "sizes.size / kWidth"),
    ("neighbours share parameters",
     "threadIdx.x) * kWidth", "threadIdx.x / 2) * kWidth"),
    ("two threads update the same parameters",
     "threadIdx.x) * kWidth", "threadIdx.x / 2) * kWidth", RACES),
    ("wide access beside its place",
     "load_vector<kWidth>(t.d_w + first)", "load_vector<kWidth>(t.d_w + first + (first ? -1 : 0))",
     SANITIZER),
    ("momentum twice",
     "m = momentum * m + g", "m = momentum * (m + g)"),
    ("Nesterov without momentum",
     "momentum : 1.0f) {}", "1.0f : 1.0f) {}"),
])]

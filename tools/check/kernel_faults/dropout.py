"""Faults of dropout, whose threads draw four neighbours' random numbers at a time."""
from .fault import SANITIZER, Kernel

DROPOUT = Kernel("kernels/dropout/dropout.cu", "[dropout]", [
    ("the second four keep what the first four do",
     "mask.kept(i / 4 + 1)", "mask.kept(i / 4)"),
    ("single elements are decided as the first of their four",
     "mask.kept(i / 4) >> (i % 4)", "mask.kept(i / 4)"),
    ("always overwrites",
     "load_start<kWidth>(t.y + i, t.mode)", "load_start<kWidth>(t.y + i, GradientMode::Overwrite)"),
    ("kept numbers do not grow",
     "1 / (1 - t.probability)", "1.0f"),
    ("y may lie anywhere",
     "DropVectors<T>{t}, t.x, t.y)", "DropVectors<T>{t}, t.x)", SANITIZER),
    ("x may lie anywhere",
     "DropVectors<T>{t}, t.x, t.y)", "DropVectors<T>{t}, t.y)", SANITIZER),
])

MASK = Kernel("kernels/dropout/dropout.cu", "[dropout]", [
    ("every layer draws the same",
     "RandomUse::Dropout), layer_, step_", "RandomUse::Dropout), 0, step_"),
    ("every step draws the same",
     "RandomUse::Dropout), layer_, step_", "RandomUse::Dropout), layer_, 0"),
    ("keeps what should be dropped",
     "block.words[k] >= least_", "block.words[k] < least_"),
], header="kernels/dropout/mask.h")

KERNELS = [DROPOUT, MASK]

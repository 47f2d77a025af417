"""Faults of cross-entropy, of the rows of logits that distillation has too, and of sums over warps
and blocks."""
from .fault import RACES, Kernel

UNIT, TESTS = "kernels/cross_entropy/cross_entropy.cu", "[cross_entropy]"

CROSS_ENTROPY = Kernel(UNIT, TESTS, [
    ("the label of row 0",
     "t.labels[row]", "t.labels[0]"),
    ("the class behind the label",
     "c == label ?", "c == label + 1 ?"),
    ("an average over classes",
     "*t.weight / static_cast<float>(sizes.rows)", "*t.weight / static_cast<float>(sizes.classes)"),
    ("a gradient that nobody wants",
     "if (!t.d_logits) return;", ""),
    ("warps write each other's gradients",
     "c < classes; c += team.size", "c < classes; c += kWarp", RACES),
    ("every thread writes the row's loss",
     "if (team.member == 0) {", "if (true) {", RACES),
    ("rows that a thread meets later are left out",
     "row < sizes.rows; row += kTotalThreads", "row < min(sizes.rows, kTotalThreads); row += kTotalThreads"),
    ("the last row is left out",
     "row < sizes.rows; row", "row < sizes.rows - 1; row"),
    ("two sums through the same memory",
     "__syncthreads();\n  correct", "correct", RACES),
    ("losses are added as floats",
     "double loss = 0, correct = 0;", "float loss = 0, correct = 0;"),
    ("every thread writes the total",
     "if (threadIdx.x == 0) {", "if (true) {", RACES),
])

ROWS = Kernel(UNIT, TESTS, [
    ("the last class is not compared",
     "c < classes; c += size) max", "c < classes - 1; c += size) max"),
    ("warps add each other's classes",
     "c += size) sum", "c += kWarp) sum"),
    ("what other warps have not written yet",
     "= of_warp;\n    __syncthreads();", "= of_warp;", RACES),
    ("every lane writes for its warp",
     "if (threadIdx.x % kWarp == 0) of_warps", "of_warps", RACES),
    ("the last warp's part is missing",
     "warp < warps; ++warp", "warp < warps - 1; ++warp"),
    ("logits as they are overflow",
     "return (logit - max) * sharpness;", "return logit * sharpness;"),
    ("the logarithm of 0",
     "return shifted(logit) - log_sum;", "return logf(probability(logit));"),
    ("the last of the greatest logits answers",
     "team.sum(greatest ? label : 0,", "team.sum(0,"),
], header="kernels/cross_entropy/softmax_row.cuh")

SUMS = Kernel(UNIT, TESTS, [
    ("neighbouring lanes do not add",
     "for (int bits = 1; bits < kWarp; bits *= 2) value +=",
     "for (int bits = 2; bits < kWarp; bits *= 2) value +="),
    ("halves of a warp do not compare",
     "for (int bits = 1; bits < kWarp; bits *= 2)\n    value =",
     "for (int bits = 1; bits < kWarp / 2; bits *= 2)\n    value ="),
    ("what other warps of the block have not written yet",
     "= value;\n  __syncthreads();", "= value;", RACES),
    ("the last warp's part of the block's sum is missing",
     "for (const T part : of_warp) sum += part;",
     "for (int i = 0; i + 1 < kThreads / kWarp; ++i) sum += of_warp[i];"),
    ("every lane writes its warp's part of the block's sum",
     "if (threadIdx.x % kWarp == 0) of_warp[", "of_warp[", RACES),
], header="kernels/base/device.cuh")

KERNELS = [CROSS_ENTROPY, ROWS, SUMS]

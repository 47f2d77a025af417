"""Faults of the weight penalty, whose threads update gradients of layers that belong together."""
from .fault import RACES, SANITIZER, Kernel

UNIT, TESTS = "kernels/weight_penalty/weight_penalty.cu", "[weight_penalty]"

PULL = Kernel(UNIT, TESTS, [
    ("two threads update the same gradients",
     "threadIdx.x) * kValues; i < weights", "threadIdx.x / 2 * 2) * kValues; i < weights", RACES),
    ("a gradient that a neighbour updates",
     "load_vector<kValues>(array.gradient + first)",
     "load_vector<kValues>(array.gradient + (first & ~long{kValues}))", RACES),
    ("the last weights are biases",
     "if (blockIdx.x < weight_blocks) {", "if (blockIdx.x + 1 < weight_blocks) {"),
    ("a stride that skips weights",
     "stride = weight_blocks * kThreads * kValues", "stride = gridDim.x * kThreads * kValues"),
    ("more classes than threads",
     "i < sizes.classes; i += kThreads", "i < min(sizes.classes, kThreads); i += kThreads"),
    ("a coefficient of 0 touches gradients",
     "const bool pulls = coefficient != 0,", "const bool pulls = true,"),
    ("the primary layer moves though heads come to it",
     "pulls && sizes.merging == Merging::Mean", "pulls"),
    ("half the slope",
     "scale = 2.0f * coefficient", "scale = coefficient"),
    ("gradients are overwritten",
     "return is_pulled ? load_vector<kValues>(array.gradient + first) : Values{};", "return Values{};"),
    ("sums begin anywhere for the last head",
     "j <= sizes.heads; ++j) sums[j]", "j < sizes.heads; ++j) sums[j]"),
    ("wide across the weights' end",
     "sizes.weights() % kWidth == 0 && layer", "layer"),
    ("wide though the primary layer may not be",
     "layer_aligned(t.primary) &&", "true &&", SANITIZER),
    ("wide though heads may not be",
     "std::all_of(t.heads, t.heads + sizes.heads, layer_aligned);", "true;", SANITIZER),
    ("wide though gradients may not be",
     "aligned(layer.weight) && aligned(layer.d_weight)", "aligned(layer.weight)", SANITIZER),
])

SUMS = Kernel(UNIT, TESTS, [
    ("other warps' sums are not there yet",
     "__syncthreads();\n  const int lane", "const int lane", RACES),
    ("the last warp's sums are missing",
     "thread < kThreads; thread += kWarp", "thread < kThreads - kWarp; thread += kWarp"),
    ("every lane writes the block's sum",
     "if (lane == 0) t.partial_sums", "t.partial_sums", RACES),
    ("the sums of the last head are missing",
     "j <= sizes.heads; j += kThreads / kWarp", "j < sizes.heads; j += kThreads / kWarp"),
    ("sums of another layer",
     "long{which} * (weight_blocks + 1)", "long{which} * weight_blocks"),
    ("other layers' totals are not there yet",
     "= partial_sums[weight_blocks];\n  }\n  __syncthreads();",
     "= partial_sums[weight_blocks];\n  }", RACES),
    ("a distance of biases",
     "difference = of_weights[1 + thread]", "difference = of_biases[1 + thread]"),
    ("the norm is part of the loss",
     "int j = 1; j <= sizes.heads", "int j = 0; j <= sizes.heads"),
    ("a loss of NaN where the coefficient is 0",
     "*t.coefficient == 0 ? 0.0f : static_cast<float>(*t.coefficient * total)",
     "static_cast<float>(*t.coefficient * total)"),
])

KERNELS = [PULL, SUMS]

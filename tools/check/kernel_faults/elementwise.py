"""Faults of what goes through arrays element by element, and of the loop that all of them share."""
from .fault import RACES, SANITIZER, Kernel

ELEMENTWISE = Kernel("kernels/elementwise/elementwise.cu", "[elementwise]", [
    ("a copy is made through floats",
     "if constexpr (std::is_same_v<From, To>) {", "if constexpr (false) {"),
    ("a gradient takes its own factor",
     "give<kWidth>(d_y, t.b + i, t.d_a + i, t.a_mode)",
     "give<kWidth>(d_y, t.a + i, t.d_a + i, t.a_mode)"),
    ("one gradient has the mode of the other",
     "t.d_b + i, t.b_mode", "t.d_b + i, t.a_mode"),
    ("a gradient that nobody wants is written",
     "if (t.d_b) give", "give"),
    ("the first contribution is added",
     "if (mode == GradientMode::Accumulate) {", "if (mode == GradientMode::Overwrite) {"),
    ("wide though d_y may not be",
     "t.a, t.b, t.d_y, t.d_a,\n                     t.d_b);", "t.a, t.b, t.d_a, t.d_b);", SANITIZER),
    ("wide though d_b may not be",
     "t.d_a,\n                     t.d_b);", "t.d_a);", SANITIZER),
    ("wide though the copy may not be",
     "ConvertVectors<From, To>{t}, t.x, t.y);", "ConvertVectors<From, To>{t}, t.x);", SANITIZER),
])

LOOP = Kernel("kernels/elementwise/elementwise.cu", "[elementwise]", [
    ("off-by-one guard",
     "if (first + kWidth <= size)", "if (first + kWidth <= size + 1)", SANITIZER),
    ("off-by-one end",
     "for (long i = first; i < size; ++i)", "for (long i = first; i <= size; ++i)", SANITIZER),
    ("the last element is left out",
     "for (long i = first; i < size; ++i)", "for (long i = first; i < size - 1; ++i)"),
    ("the rest is its first element",
     "f.template at<1>(i);", "f.template at<1>(first);"),
    ("a block too few",
     "blocks_for((size + kWidth - 1) / kWidth, kThreads)", "blocks_for(size / kWidth, kThreads)"),
    ("unaligned arrays get the blocks of aligned ones",
     "blocks_for(size, kThreads)", "blocks_for((size + kWidth - 1) / kWidth, kThreads)"),
    ("neighbours share elements",
     "threadIdx.x) * kWidth;", "threadIdx.x / 2 * 2) * kWidth;", RACES),
    ("aligned is what begins at an element",
     "% (kWidth * sizeof(T)) == 0", "% sizeof(T) == 0", SANITIZER),
    ("y may lie anywhere",
     "sizeof...(X)>{f, y, mode, {x...}}, y, x...);", "sizeof...(X)>{f, y, mode, {x...}}, x...);",
     SANITIZER),
    ("x may lie anywhere",
     "sizeof...(X)>{f, y, mode, {x...}}, y, x...);", "sizeof...(X)>{f, y, mode, {x...}}, y);",
     SANITIZER),
    ("rounded towards 0",
     "stored[k] = T(values[k]);",
     "if constexpr (sizeof(T) == 2) stored[k].bits = std::bit_cast<unsigned>(values[k]) >> 16;\n"
     "    else stored[k] = T(values[k]);"),
    ("what was there is always added to",
     "if (mode == GradientMode::Accumulate) return", "if (mode == mode) return"),
    ("a launch of no blocks",
     "if (size == 0) return;", ""),
], header="kernels/base/for_each_vector.cuh")

RELU = Kernel("kernels/relu/relu.cu", "[relu]", [
    ("keeps -0", "return x <= 0 ? 0.0f : x;", "return x < 0 ? 0.0f : x;"),
    ("hides NaN", "return x <= 0 ? 0.0f : x;", "return x > 0 ? x : 0.0f;"),
    ("passes on a gradient at 0", "return y > 0 ?", "return y >= 0 ?"),
    ("always overwrites", "t.d_x, t.mode, t.y", "t.d_x, GradientMode::Overwrite, t.y"),
    ("always accumulates", "t.d_x, t.mode, t.y", "t.d_x, GradientMode::Accumulate, t.y"),
    ("the gradient decides what passes", "t.mode, t.y, t.d_y", "t.mode, t.d_y, t.y"),
])

START = Kernel("kernels/relu/relu.cu", "[relu]", [
    ("-0 becomes 0 when it is the first contribution", "start[k] = -0.0f;", "start[k] = 0.0f;"),
], header="kernels/base/for_each_vector.cuh")

SIGMOID = Kernel("kernels/sigmoid/sigmoid.cu", "[sigmoid]", [
    ("infinity over infinity", "1 / (1 + expf(-x))", "expf(x) / (1 + expf(x))"),
    ("what is small is lost beside 1", "1 / (1 + expf(-x))", "1 - 1 / (1 + expf(x))"),
    ("the slope of 1 - y", "d_y * (y * (1 - y))", "d_y * (1 - y)"),
    ("always overwrites", "t.d_x, t.mode, t.y", "t.d_x, GradientMode::Overwrite, t.y"),
    ("always accumulates", "t.d_x, t.mode, t.y", "t.d_x, GradientMode::Accumulate, t.y"),
    ("the slope at the gradient", "t.mode, t.y, t.d_y", "t.mode, t.d_y, t.y"),
])

KERNELS = [ELEMENTWISE, LOOP, RELU, START, SIGMOID]

"""Faults of the kernel that makes a batch's views, whose block has an image to itself."""
from .fault import RACES, SANITIZER, Kernel

UNIT, TESTS = "data/views.cu", "[views]"
SLOW = "*bit for bit - float"

DRAWN = Kernel(UNIT, TESTS, [
    ("what thread 0 draws is not there yet",
     "t.labels[image];\n  }\n  __syncthreads();", "t.labels[image];\n  }"),
    ("every thread draws",
     "if (threadIdx.x == 0) {", "if (true) {", RACES),
    ("every view writes the label",
     "if (blockIdx.y == 0) t.batch_labels", "t.batch_labels", RACES),
    ("mixed views are those of the first epoch",
     "t.seed->seed, t.seed->epoch, image)", "t.seed->seed, 0, image)"),
    ("mixed views have the random numbers of the clean one",
     "view_stream(image, view_index)", "view_stream(image, static_cast<int>(blockIdx.y))"),
    ("the labels of the first images",
     "t.labels[image]", "t.labels[blockIdx.x]"),
    ("random numbers by place in the batch",
     "view_stream(image, view_index)", "view_stream(static_cast<int>(blockIdx.x), view_index)"),
    ("the same random numbers in every epoch",
     "t.seed->epoch, view_stream", "0, view_stream"),
    ("image by image",
     "long{blockIdx.y} * sizes.images + blockIdx.x",
     "long{blockIdx.x} * recipe.views + blockIdx.y"),
    ("shared memory without a blur's",
     "end = second + padded * (blurs ? 2 : 1);", "end = second + padded;", SANITIZER),
], slow_tests=SLOW)

STEPS = Kernel(UNIT, TESTS, [
    ("the strength of view 0",
     "view.strength, recipe.augmentation.wrap_noise",
     "recipe.view[0].strength, recipe.augmentation.wrap_noise"),
    ("the blur of another view",
     "recipe.blur[view_index]", "recipe.blur[0]"),
    ("rows are not blurred yet",
     "blurred_along_row(sums.of[c]);\n  }\n  __syncthreads();", "blurred_along_row(sums.of[c]);\n  }",
     RACES),
    ("a blur across the first edge",
     "max(at - d, 0)", "(at - d)"),
    ("a blur across the last edge",
     "min(at + d, length - 1)", "min(at + d, length)"),
    ("the last values have no noise",
     "four * 4 < values", "four * 4 + 3 < values"),
    ("noise wraps where it should be clipped",
     "bytes[i] = wrap ?", "bytes[i] = !wrap ?"),
    ("the mean of a warp's pixels",
     "kernels::block_sum<kThreads>(sum)", "kernels::warp_sum(sum)"),
    ("the corruption is not done yet",
     "break;\n  }\n  __syncthreads();\n  place", "break;\n  }\n  place", RACES),
    ("pixels are not in their places yet",
     "place(sizes, drawn.placement, pixels, placed);\n  __syncthreads();",
     "place(sizes, drawn.placement, pixels, placed);", RACES),
], slow_tests=SLOW)

ACCESSES = Kernel(UNIT, TESTS, [
    ("images that begin at multiples of 4",
     "if (values % 16 == 0)", "if (values % 4 == 0)", SANITIZER),
    ("bytes behind the last whole access",
     "if (values % 16 == 0)", "if (values % 4 == 0)"),
    ("views that do not come in whole accesses",
     "if (size % kWidth == 0)", "if (size % 2 == 0)"),
    ("channels behind the third are those of the next pixel",
     "if (c >= 3) return T(0.0f);", ""),
    ("threads store each other's elements",
     "first < size; first += kThreads * kWidth", "first < size; first += kThreads", RACES),
], slow_tests=SLOW)

KERNELS = [DRAWN, STEPS, ACCESSES]

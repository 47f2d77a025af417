// Transposed convolution: the backward-data pass of a convolution, used forwards.
//
// The convolution that it transposes maps y to x: it has `out` input channels and `in` output
// channels, so PyTorch's weight [in, out / groups, height, width] is that convolution's own.
#pragma once

#include "engine/graph/program.h"

namespace engine {

struct TransposedConvolutionOptions {
  int stride = 1, padding = 0, output_padding = 0, groups = 1;
};

// x [views, images, height, width, in], weight [in, out / groups, kernel_height, kernel_width]
// -> [views, images, out_height, out_width, out],
// out_height = (height - 1) * stride - 2 * padding + kernel_height + output_padding.
Tensor transposed_convolution(Program&, Tensor x, Tensor weight, TransposedConvolutionOptions = {});

}  // namespace engine

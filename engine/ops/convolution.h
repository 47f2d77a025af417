// Convolution over the images of all views at once. kernels/convolution/convolution.h has the
// mathematics.
#pragma once

#include "engine/graph/program.h"

namespace engine {

struct ConvolutionOptions {
  int stride = 1, padding = 0, groups = 1;
};

// x [views, images, height, width, in], weight [out, in / groups, kernel_height, kernel_width],
// bias [out] or {} for none -> [views, images, out_height, out_width, out].
Tensor convolution(Program&, Tensor x, Tensor weight, Tensor bias, ConvolutionOptions = {});

}  // namespace engine

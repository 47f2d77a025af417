// Pooling over height and width. The headers in kernels/pooling/ have the mathematics.
#pragma once

#include "engine/graph/program.h"

namespace engine {

struct PoolingOptions {
  int kernel = 2, stride = 2, padding = 0;
};

// x [views, images, height, width, channels] -> [views, images, out_height, out_width, channels].
Tensor max_pool(Program&, Tensor x, PoolingOptions);
Tensor average_pool(Program&, Tensor x, PoolingOptions);  // padding counts as zeros, as in PyTorch
// x -> [views, images, channels], float whatever the storage type of x.
Tensor global_average_pool(Program&, Tensor x);

}  // namespace engine

// Selective batch normalisation over views, fused with the residual sum and the ReLU behind it.
// kernels/batch_norm/batch_norm.h has the mathematics.
#pragma once

#include "engine/graph/program.h"

namespace engine {

struct BatchNormTensors {
  Tensor gamma, beta;                     // [channels]
  Tensor running_mean, running_variance;  // [channels]
};

struct BatchNormOptions {
  Tensor residual = {};  // of x's shape, added before the ReLU
  bool relu = false;
  bool selective = true;  // false: statistics over all views together (the ablation)
  float epsilon = 1e-5f, momentum = 0.1f;
};

// x [views, images, height, width, channels] or [views, images, channels] -> the same shape.
// A program for inference uses the running statistics, one for training those of the batch.
Tensor batch_norm(Program&, Tensor x, const BatchNormTensors&, const BatchNormOptions& = {});

// An Error says what of them does not fit an x of that shape.
void check_batch_norm(const Program&, const Shape& x, const BatchNormTensors&,
                      const BatchNormOptions&);

}  // namespace engine

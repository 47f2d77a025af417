// Convolution with the batch norm behind it, the residual sum and the ReLU as one call, for
// programs for inference. kernels/convolution/convolution_batch_norm.h has the mathematics.
#pragma once

#include "engine/ops/batch_norm.h"
#include "engine/ops/convolution.h"

namespace engine {

// What convolution() and batch_norm() give one after the other. There is no gradient rule: a
// program for training, which needs what is between the two, records them apart.
Tensor convolution_batch_norm(Program&, Tensor x, Tensor weight, Tensor bias, ConvolutionOptions,
                              const BatchNormTensors&, const BatchNormOptions&);

}  // namespace engine

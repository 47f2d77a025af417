// The second half of batch norm's forward pass, which inference and recomputation have too.
#pragma once

#include "kernels/base/write.h"
#include "kernels/batch_norm/blocks.h"

namespace kernels {

// y = scale * (x - mean) + beta (+ residual), through the ReLU where there is one.
template <class T>
struct BatchNormApply {
  const T *x, *residual;             // residual: null for none
  const float *scale, *mean, *beta;  // [channels]
  T* y;
  bool relu;
  std::uint32_t* positive;  // null where nobody wants the ReLU's bits
  Write way;                // to write y: Store or Stream
};

template <class T>
void batch_norm_apply(const BatchNormSizes&, const BatchNormBlock&, const BatchNormApply<T>&);

// Of inference: scale = gamma / sqrt(running_variance + epsilon).
void batch_norm_inference_scale(int channels, const float* gamma, const float* running_variance,
                                float epsilon, float* scale);

}  // namespace kernels

// The second half of batch norm's forward pass, which inference and recomputation have too.
#pragma once

#include <initializer_list>

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
  bool streams;             // see streams_result()
};

// Whether y is so large that nobody finds it in a cache later, and not what is being read.
template <class T>
bool streams_result(const BatchNormSizes&, const T* y, std::initializer_list<const T*> inputs);

template <class T>
void batch_norm_apply(const BatchNormSizes&, const BatchNormBlock&, const BatchNormApply<T>&);

}  // namespace kernels

// The second half of batch norm's forward pass, which inference and recomputation have too.
#pragma once

#include <algorithm>
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
  bool streams;             // y is stored past the caches
};

// Whether y is stored past the caches.
template <class T>
bool streams_result(const BatchNormSizes& s, const T* y, std::initializer_list<const T*> inputs) {
  return streams_result(y, long{s.views} * s.rows, s.channels) &&
         std::find(inputs.begin(), inputs.end(), y) == inputs.end();
}

template <class T>
void batch_norm_apply(const BatchNormSizes&, const BatchNormBlock&, const BatchNormApply<T>&);

}  // namespace kernels

// A number for each channel, added to every row.
//
//   add_bias        y[r,c] = y[r,c] + bias[c]
//   bias_gradient   d_bias[c] = sum over r of d_y[r,c]      or added to d_bias
//
//   y, d_y [rows, channels]     bias, d_bias [channels], float
//
// The sum is taken in an order that depends on the sizes only. On the CPU both are part of the
// convolution's own loops; a GPU's library leaves them to us.
#pragma once

#include <cstddef>

#include "kernels/base/context.h"
#include "kernels/base/gradient_mode.h"

namespace kernels {

struct BiasSizes {
  long rows;
  int channels;
};

template <class T>
struct AddBias {
  const float* bias;
  T* y;
};

template <class T>
struct BiasGradient {
  const T* d_y;
  float* d_bias;
  float* workspace;  // of bias_workspace_bytes()
  GradientMode mode;
};

std::size_t bias_workspace_bytes(BiasSizes);

// T is float or bfloat16.
template <class T>
void add_bias(Cuda, BiasSizes, const AddBias<T>&);

template <class T>
void bias_gradient(Cuda, BiasSizes, const BiasGradient<T>&);

}  // namespace kernels

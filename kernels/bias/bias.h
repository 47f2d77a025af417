// A number for each channel, added to every row.
//
//   add_bias        y[r,c] = y[r,c] + bias[c]
//   bias_gradient   d_bias[c] = sum over r of d_y[r,c]      or added to d_bias
//
//   y, d_y [rows, channels]     bias, d_bias [channels], float
//
// The sum is taken in an order that depends on the sizes only. For GPUs alone, whose libraries
// leave it to us: on the CPU both are part of the convolution.
#pragma once

#include <cstddef>

#include "kernels/base/bfloat16.h"
#include "kernels/base/context.h"
#include "kernels/base/gradient_mode.h"

namespace kernels {

struct BiasSizes {
  long rows;  // at least 1
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
  float *d_bias, *workspace;
  GradientMode mode;
};

std::size_t bias_workspace_bytes(BiasSizes);

// T is float or bfloat16.
template <class T>
void add_bias(Cuda, BiasSizes, const AddBias<T>&);

template <class T>
void bias_gradient(Cuda, BiasSizes, const BiasGradient<T>&);

}  // namespace kernels

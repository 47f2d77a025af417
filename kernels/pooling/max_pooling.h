// Maximum over windows, each channel of each image on its own.
//
//   y[n,i,j,c] = max over (u, v) in 0 .. kernel - 1 of x[n, i*stride - padding + u,
//                                                           j*stride - padding + v, c]
//   d_x[n,h,w,c] = sum of d_y over the windows whose maximum is at (h, w)
//
//   x, d_x   [images, height, width, channels]
//   y, d_y   [images, out_height, out_width, channels]
//   argmax   like y; u * kernel + v of the maximum, saved for backward. The first of equal values
//            wins, in reading order, and NaN counts as greater than any number: PyTorch's rules
//
// Padding is never the maximum. kernel <= 15, so that argmax fits 8 bits. Backward visits each
// input pixel and gathers from the windows that hold it: no two threads write to one place, and the
// order of sums is fixed.
#pragma once

#include <cstdint>

#include "kernels/base/context.h"
#include "kernels/base/gradient_mode.h"
#include "kernels/pooling/window.h"

namespace kernels {

template <class T>
struct MaxPoolingForward {
  const T* x;
  T* y;
  std::uint8_t* argmax;
};

template <class T>
struct MaxPoolingBackward {
  const T* d_y;
  const std::uint8_t* argmax;
  T* d_x;
  GradientMode mode;
};

template <class T>  // float or bfloat16
void max_pooling_forward(Cpu, const PoolingSizes&, const MaxPoolingForward<T>&);

template <class T>
void max_pooling_backward(Cpu, const PoolingSizes&, const MaxPoolingBackward<T>&);

template <class T>
void max_pooling_forward(Cuda, const PoolingSizes&, const MaxPoolingForward<T>&);

template <class T>
void max_pooling_backward(Cuda, const PoolingSizes&, const MaxPoolingBackward<T>&);

}  // namespace kernels

// Mean over windows, each channel of each image on its own.
//
//   y[n,i,j,c] = 1 / kernel^2 * sum over (u, v) in 0 .. kernel - 1 of
//                                        x[n, i*stride - padding + u, j*stride - padding + v, c]
//   d_x[n,h,w,c] = 1 / kernel^2 * sum of d_y over the windows that hold (h, w)
//
//   x, d_x   [images, height, width, channels]
//   y, d_y   [images, out_height, out_width, channels]
//
// Padding counts as zeros, and is counted (PyTorch's count_include_pad, its default).
#pragma once

#include "kernels/base/context.h"
#include "kernels/base/gradient_mode.h"
#include "kernels/pooling/window.h"

namespace kernels {

template <class T>
struct AveragePoolingForward {
  const T* x;
  T* y;
};

template <class T>
struct AveragePoolingBackward {
  const T* d_y;
  T* d_x;
  GradientMode mode;
};

template <class T>  // float or bfloat16
void average_pooling_forward(Cpu, const PoolingSizes&, const AveragePoolingForward<T>&);

template <class T>
void average_pooling_backward(Cpu, const PoolingSizes&, const AveragePoolingBackward<T>&);

template <class T>
void average_pooling_forward(Cuda, const PoolingSizes&, const AveragePoolingForward<T>&);

template <class T>
void average_pooling_backward(Cuda, const PoolingSizes&, const AveragePoolingBackward<T>&);

}  // namespace kernels

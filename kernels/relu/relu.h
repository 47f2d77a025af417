// Rectified linear unit.
//
//   y = max(x, 0)                forward; NaN stays NaN, so that a broken value is not hidden
//   d_x = d_y where y > 0, else 0   backward; saved: y (x serves as well, the two agree in sign)
//
// All arrays [size], any layout. y may be x, and d_x may be d_y when it is overwritten.
//
// Nair, Hinton: Rectified Linear Units Improve Restricted Boltzmann Machines (2010).
#pragma once

#include "kernels/base/context.h"
#include "kernels/base/gradient_mode.h"

namespace kernels {

struct ReluSizes {
  long size;
};

template <class T>
struct ReluForward {
  const T* x;
  T* y;
};

template <class T>
struct ReluBackward {
  const T *y, *d_y;
  T* d_x;
  GradientMode mode;
};

template <class T>  // float or bfloat16
void relu_forward(Cpu, ReluSizes, const ReluForward<T>&);

template <class T>
void relu_backward(Cpu, ReluSizes, const ReluBackward<T>&);

template <class T>
void relu_forward(Cuda, ReluSizes, const ReluForward<T>&);

template <class T>
void relu_backward(Cuda, ReluSizes, const ReluBackward<T>&);

}  // namespace kernels

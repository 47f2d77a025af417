// Logistic sigmoid.
//
//   y = 1 / (1 + e^-x)           forward; relative error below 3e-7 for x > -87, 0 far below that
//   d_x = d_y * y * (1 - y)      backward; saved: y. In bfloat16 a y above 0.998 is stored as 1,
//                                and its gradient is then 0
//
// All arrays [size], any layout. y may be x, and d_x may be d_y when it is overwritten.
#pragma once

#include "kernels/base/context.h"
#include "kernels/base/gradient_mode.h"

namespace kernels {

struct SigmoidSizes {
  long size;
};

template <class T>
struct SigmoidForward {
  const T* x;
  T* y;
};

template <class T>
struct SigmoidBackward {
  const T *y, *d_y;
  T* d_x;
  GradientMode mode;
};

template <class T>  // float or bfloat16
void sigmoid_forward(Cpu, SigmoidSizes, const SigmoidForward<T>&);

template <class T>
void sigmoid_backward(Cpu, SigmoidSizes, const SigmoidBackward<T>&);

template <class T>
void sigmoid_forward(Cuda, SigmoidSizes, const SigmoidForward<T>&);

template <class T>
void sigmoid_backward(Cuda, SigmoidSizes, const SigmoidBackward<T>&);

}  // namespace kernels

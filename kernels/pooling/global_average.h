// Mean over all pixels: feature maps become feature vectors.
//
//   y[n,c] = 1 / (height * width) * sum over h, w of x[n,h,w,c]
//   d_x[n,h,w,c] = d_y[n,c] / (height * width)
//
//   x, d_x   [images, height, width, channels], of type T
//   y, d_y   [images, channels], float always: what follows (linear layer, loss) is small, and is
//            computed in float
//
// Lin, Chen, Yan: Network In Network (2014).
#pragma once

#include "kernels/base/context.h"
#include "kernels/base/gradient_mode.h"

namespace kernels {

struct GlobalAverageSizes {
  int images, height, width, channels;  // of x; images counts every view
};

template <class T>
struct GlobalAverageForward {
  const T* x;
  float* y;
};

template <class T>
struct GlobalAverageBackward {
  const float* d_y;
  T* d_x;
  GradientMode mode;
};

template <class T>  // float or bfloat16
void global_average_forward(Cpu, GlobalAverageSizes, const GlobalAverageForward<T>&);

template <class T>
void global_average_backward(Cpu, GlobalAverageSizes, const GlobalAverageBackward<T>&);

template <class T>
void global_average_forward(Cuda, GlobalAverageSizes, const GlobalAverageForward<T>&);

template <class T>
void global_average_backward(Cuda, GlobalAverageSizes, const GlobalAverageBackward<T>&);

}  // namespace kernels

// Dropout: a random share of the numbers becomes 0, the others grow so that the mean stays.
//
//   y[i] = x[i] / (1 - p) where element i is kept, else 0
//   d_x is the same function of d_y: what was kept is drawn a second time, so nothing is saved
//
//   x, y      [size], any layout; y may be x when it is overwritten
//   random    [kRandomWords]   the step's (philox.h), in memory
//
// Element i is kept where number i of the stream Random(seed, RandomUse::Dropout, layer, step) is
// at least p * 2^32: the same ones on every device. Layers of one step need numbers of their own.
//
// Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov: Dropout: A Simple Way to Prevent Neural
// Networks from Overfitting (2014).
#pragma once

#include <cstdint>

#include "kernels/base/context.h"
#include "kernels/base/gradient_mode.h"

namespace kernels {

struct DropoutSizes {
  long size;
};

template <class T>
struct Dropout {
  const T* x;
  const std::uint32_t* random;
  T* y;
  float probability;  // p, in [0, 1)
  std::uint32_t layer;
  GradientMode mode;  // Overwrite in the forward pass
};

template <class T>  // float or bfloat16
void dropout(Cpu, DropoutSizes, const Dropout<T>&);

template <class T>
void dropout(Cuda, DropoutSizes, const Dropout<T>&);

}  // namespace kernels

// Stochastic gradient descent with momentum: one pass over all parameters, as flat arrays.
//
//   g = d_w + weight_decay * w
//   m = momentum * m + g                        m is 0 before the first step
//   w = w - lr * (nesterov ? g + momentum * m : m)
//
//   w, d_w, m   [size]
//   knobs       [kSgdKnobs]   in the order of SgdKnob; memory, so that a schedule can move them
//
// PyTorch's rule (torch.optim.SGD, dampening 0): lr multiplies the step and not the velocity m, so
// that a change of lr takes effect at once.
//
// Sutskever, Martens, Dahl, Hinton: On the importance of initialization and momentum (2013).
#pragma once

#include "kernels/base/context.h"

namespace kernels {

enum SgdKnob { kLearningRate, kMomentum, kWeightDecay, kNesterov, kSgdKnobs };  // nesterov: 0 or 1

struct SgdSizes {
  long size;
};

struct Sgd {
  const float *d_w, *knobs;
  float *w, *m;
};

void sgd(Cpu, SgdSizes, const Sgd&);
void sgd(Cuda, SgdSizes, const Sgd&);  // arrays begin at multiples of 16 bytes

}  // namespace kernels

#include "kernels/sgd/sgd.h"

#include "kernels/base/for_each_part.h"

namespace kernels {

namespace {

void update(Range range, const Sgd& a) {
  const float lr = a.knobs[kLearningRate], momentum = a.knobs[kMomentum];
  const float weight_decay = a.knobs[kWeightDecay];
  // step = share of g + share of m
  const float of_g = a.knobs[kNesterov] != 0.0f ? 1.0f : 0.0f;
  const float of_m = a.knobs[kNesterov] != 0.0f ? momentum : 1.0f;
  const float* d_w = a.d_w;
  float *w = a.w, *m = a.m;
#pragma GCC ivdep
  for (long i = range.begin; i < range.end; ++i) {
    const float g = d_w[i] + weight_decay * w[i];
    m[i] = momentum * m[i] + g;
    w[i] -= lr * (of_g * g + of_m * m[i]);
  }
}

}  // namespace

void sgd(Cpu cpu, SgdSizes sizes, const Sgd& a) {
  for_each_part(cpu, sizes.size, 1, [&](Range range) { update(range, a); });
}

}  // namespace kernels

#include "kernels/sgd/sgd.h"

#include <type_traits>

#include "kernels/base/for_each_part.h"

namespace kernels {

namespace {

template <bool kCopy>
void update(Range range, const Sgd& a, std::bool_constant<kCopy>) {
  const float lr = a.knobs[kLearningRate], momentum = a.knobs[kMomentum];
  const float weight_decay = a.knobs[kWeightDecay];
  // step = share of g + share of m
  const float of_g = a.knobs[kNesterov] != 0.0f ? 1.0f : 0.0f;
  const float of_m = a.knobs[kNesterov] != 0.0f ? momentum : 1.0f;
  const float* d_w = a.d_w;
  float *w = a.w, *m = a.m;
  bfloat16* copy = a.w_bfloat16;
#pragma GCC ivdep
  for (long i = range.begin; i < range.end; ++i) {
    const float g = d_w[i] + weight_decay * w[i];
    m[i] = momentum * m[i] + g;
    w[i] -= lr * (of_g * g + of_m * m[i]);
    if constexpr (kCopy) copy[i] = bfloat16(w[i]);
  }
}

}  // namespace

void sgd(Cpu cpu, SgdSizes sizes, const Sgd& a) {
  for_each_part(cpu, sizes.size, 1, [&](Range range) {
    if (a.w_bfloat16) {
      update(range, a, std::true_type{});
    } else {
      update(range, a, std::false_type{});
    }
  });
}

}  // namespace kernels
